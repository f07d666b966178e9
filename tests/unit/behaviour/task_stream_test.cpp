// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/task_stream.hpp: the items. Most run with fewer places, as many, and more places than
// elements.

#include "coppice/task_stream.hpp"

#include <array>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/streams.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::exits_at_two;
using test::four;
using test::line_of;
using test::rest;
using test::rest_of_mailbox;
using test::told;
using test::twice;
using test::with;
using test::with_each_number_of_places;
using test::word;

TEST(async_stream, gives_the_results_in_the_order_of_the_elements) {
    test::run_everywhere([]() -> task<> {
        co_await with_each_number_of_places([](stream_options how) -> task<> {
            auto stream = tasks::async_stream(four(), twice, how);
            const auto all = co_await stream.collect();
            EXPECT_EQ(line_of(all), "2;4;6;8;");
        });
    });
}

TEST(async_stream, keeps_the_order_when_the_first_task_is_the_slowest) {
    test::run_simulated([]() -> task<> {
        const std::vector<int> times{60, 10, 30};
        auto stream = tasks::async_stream(times, rest, with(3));
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "60;10;30;");
    });
}

TEST(async_stream, without_order_gives_items_as_their_tasks_end) {
    test::run_simulated([]() -> task<> {
        const std::vector<int> times{60, 10, 30};
        stream_options how = with(3);
        how.ordered = false;
        auto stream = tasks::async_stream(times, rest, how);
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "10;30;60;");
        how.max_concurrency = 1;
        auto one_by_one = tasks::async_stream(times, rest, how);
        const auto in_order = co_await one_by_one.collect();
        EXPECT_EQ(line_of(in_order), "60;10;30;");
    });
}

TEST(async_stream, gives_the_place_of_a_task_free_when_its_process_has_ended) {
    test::run_simulated([]() -> task<> {
        const auto before = monotonic_time();
        const std::vector<int> times{100, 100, 100, 100};
        auto stream = tasks::async_stream(times, rest, with(2));
        const auto all = co_await stream.collect();
        EXPECT_EQ(all.size(), 4U);
        EXPECT_EQ(monotonic_time() - before, 200ms);
    });
}

TEST(async_stream, gives_the_reasons_of_failed_tasks_to_a_consumer_that_traps_exits) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        co_await with_each_number_of_places([](stream_options how) -> task<> {
            auto stream = tasks::async_stream(four(), exits_at_two, how);
            const auto all = co_await stream.collect();
            EXPECT_EQ(line_of(all), "1;two;3;4;");
        });
    });
}

TEST(async_stream, ends_a_consumer_that_does_not_trap_exits_with_the_crash_of_a_task) {
    test::run_everywhere([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            auto stream = tasks::async_stream(four(), exits_at_two, with(4));
            co_await stream.collect();
        });
        EXPECT_TRUE(why == "two" || (why.size() == 2 && why[0] == "two")) << to_string(why);
    });
}

TEST(async_stream, names_the_input_of_a_failed_task_if_told) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        stream_options how = with(2);
        how.zip_input_on_exit = true;
        auto stream = tasks::async_stream(four(), exits_at_two, how);
        const auto all = co_await stream.collect();
        EXPECT_EQ(told(all.at(0)), "1");
        const exit_reason why = all.at(1).error();
        EXPECT_EQ(why[1], "two");
        const int* const input = why[0].as<int>();
        EXPECT_EQ(input == nullptr ? 0 : *input, 2);
    });
}

TEST(async_stream, starts_nothing_before_the_first_item_is_asked_for) {
    test::run_everywhere([]() -> task<> {
        const pid owner = self();
        const auto tell = [owner](int n) {
            send(owner, word{"ran"});
            return n;
        };
        {
            const auto unused = tasks::async_stream(four(), tell);
        }
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        auto closed = tasks::async_stream(four(), tell);
        co_await closed.close();
        EXPECT_FALSE((co_await closed.next()).has_value());
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(async_stream, reads_an_element_only_when_its_task_can_start) {
    test::run_everywhere([]() -> task<> {
        int read = 0;
        auto counted = std::views::iota(0, 100) | std::views::transform([&read](int n) {
                           ++read;
                           return n;
                       });
        auto stream = tasks::async_stream(counted, twice, with(1));
        EXPECT_EQ(read, 0);
        co_await stream.next();
        EXPECT_EQ(read, 1);
        co_await stream.next();
        EXPECT_EQ(read, 2);
        co_await stream.close();
    });
}

TEST(async_stream, ignores_messages_that_do_not_belong_to_it) {
    test::run_everywhere([]() -> task<> {
        send(self(), down_message{ref{1'000'000}, self(), "", "fake"});
        send(self(), 17);
        auto stream = tasks::async_stream(four(), twice);
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "2;4;6;8;");
        co_await receive<down_message>();
        EXPECT_EQ(co_await rest_of_mailbox(), "17;");
    });
}

TEST(async_stream, may_be_consumed_by_another_process_but_by_one_only) {
    test::run_everywhere([]() -> task<> {
        using stream_of_ints = decltype(tasks::async_stream(four(), twice));
        auto stream = std::make_shared<stream_of_ints>(tasks::async_stream(four(), twice));
        const pid me = self();
        const auto consume = [stream, me]() -> task<> {
            EXPECT_EQ((co_await stream->next()).value().value(), 2);
            send(me, word{"took"});
            co_await receive<test::go>();
            co_await stream->close();
        };
        const pid consumer = spawn(consume);
        EXPECT_EQ(co_await test::next_word(), "took");
        bool refused = false;
        try {
            co_await stream->next();
        } catch (const badarg_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        send(consumer, test::go{});
        co_await end_of(consumer);
        EXPECT_FALSE((co_await stream->next()).has_value());
    });
}

TEST(async_stream, closes_and_rethrows_an_exception_of_its_range) {
    test::run_everywhere([]() -> task<> {
        auto fails = four() | std::views::transform([](int n) {
                         if (n == 3) {
                             throw std::runtime_error{"no third"};
                         }
                         return n;
                     });
        auto stream = tasks::async_stream(std::move(fails), twice, with(4));
        std::string what;
        try {
            co_await stream.collect();
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "no third");
        EXPECT_FALSE((co_await stream.next()).has_value());
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(async_stream, may_feed_another_stream) {
    test::run_everywhere([]() -> task<> {
        auto outer = tasks::async_stream(
            four(),
            [](int n) -> task<int> {
                auto inner = tasks::async_stream(std::views::iota(0, n), twice);
                const auto all = co_await inner.collect();
                int sum = 0;
                for (const auto& each : all) {
                    sum += *each;
                }
                co_return sum;
            },
            with(2));
        const auto all = co_await outer.collect();
        EXPECT_EQ(line_of(all), "0;2;6;12;");
    });
}

TEST(async_stream, moves_elements_that_cannot_be_copied) {
    test::run_everywhere([]() -> task<> {
        std::vector<std::unique_ptr<int>> given;
        given.push_back(std::make_unique<int>(5));
        auto stream =
            tasks::async_stream(std::move(given), [](std::unique_ptr<int> n) { return *n; });
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "5;");
    });
}

}  // namespace
}  // namespace coppice
