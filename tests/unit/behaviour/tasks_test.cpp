// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/tasks.hpp: one task, and its owner.

#include "coppice/tasks.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/endless.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::end_of_released;
using test::endless;
using test::go;
using test::late;
using test::next_word;
using test::rest_of_mailbox;
using test::twice;
using test::word;

TEST(async, gives_the_result_of_a_plain_function_and_of_a_coroutine) {
    test::run_everywhere([]() -> task<> {
        const auto plain = tasks::async(twice, 21);
        const auto coroutine = tasks::async(late, 1ms, 5);
        static_assert(std::is_same_v<decltype(plain), const async_task<int>>);
        EXPECT_EQ(co_await plain.await(), 42);
        EXPECT_EQ(co_await coroutine.await(), 5);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(async, gives_results_that_can_only_be_moved_and_results_of_no_value) {
    test::run_everywhere([]() -> task<> {
        const auto moved = tasks::async([] { return std::make_unique<int>(7); });
        const std::unique_ptr<int> seven = co_await moved.await();
        EXPECT_EQ(*seven, 7);
        const pid owner = self();
        auto tell = [owner] { send(owner, word{"done"}); };
        const auto nothing = tasks::async(tell);
        static_assert(std::is_same_v<decltype(nothing), const async_task<void>>);
        co_await nothing.await();
        EXPECT_EQ(co_await next_word(), "done");
    });
}

TEST(async, moves_its_arguments_into_the_process_of_the_task) {
    test::run_everywhere([]() -> task<> {
        auto held = std::make_unique<int>(3);
        const auto started =
            tasks::async([](std::unique_ptr<int> n) { return *n; }, std::move(held));
        EXPECT_EQ(co_await started.await(), 3);
    });
}

TEST(async, starts_a_linked_and_monitored_process_that_names_its_function) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(endless);
        EXPECT_EQ(started.owner(), self());
        const auto info = co_await process_info(started.process());
        EXPECT_EQ(info.at(0).links, std::vector<pid>{self()});
        EXPECT_EQ(info.at(0).monitored_by, std::vector<pid>{self()});
        EXPECT_EQ(info.at(0).parent, self());
        EXPECT_NE(info.at(0).initial_call.find("task"), std::string::npos)
            << info.at(0).initial_call;
        co_await started.shutdown(brutal_kill);
    });
}

TEST(async, sends_a_result_and_then_a_down_message_to_an_owner_that_does_not_await) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(twice, 4);
        auto next = receive<task_result<int>>();
        const task_result<int> got = co_await next;
        EXPECT_EQ(got.task, started.monitor());
        EXPECT_EQ(got.value, 8);
        auto end = receive<down_message>();
        const down_message down = co_await end;
        EXPECT_EQ(down.monitor, started.monitor());
        EXPECT_EQ(down.why, reason::normal);
    });
}

TEST(async, ends_an_owner_that_does_not_trap_exits_with_its_crash) {
    test::run_everywhere([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            const auto started = tasks::async([]() -> int { exit("oops"); });
            co_await started.await();
        });
        EXPECT_TRUE(why == "oops" || (why.size() == 2 && why[0] == "oops")) << to_string(why);
    });
}

TEST(async, ends_with_its_owner) {
    test::run_everywhere([]() -> task<> {
        const pid me = self();
        const pid owner = spawn([me]() -> task<> {
            const auto started = tasks::async(endless);
            send(me, started.process());
            co_await receive<go>();
        });
        auto next = receive<pid>();
        const pid started = co_await next;
        monitor(started);
        exit(owner, "enough");
        auto end = receive<down_message>();
        const down_message down = co_await end;
        EXPECT_EQ(down.why, "enough");
    });
}

TEST(start, of_a_task_makes_a_process_without_a_link_or_a_result) {
    test::run_everywhere([]() -> task<> {
        const pid started = tasks::start(endless);
        const auto info = co_await process_info(started);
        EXPECT_TRUE(info.at(0).links.empty());
        EXPECT_EQ(co_await end_of_released(started), reason::normal);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(start_link, of_a_task_makes_a_linked_process_without_a_result) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid started = tasks::start_link([] { exit("oops"); });
        auto next = receive<exit_message>();
        const exit_message ended = co_await next;
        EXPECT_EQ(ended.from, started);
        EXPECT_EQ(ended.why, "oops");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(completed, is_a_task_without_a_process_that_may_be_awaited_or_ignored) {
    test::run_everywhere([]() -> task<> {
        const auto first = tasks::completed(std::string{"here"});
        EXPECT_FALSE(first.process());
        EXPECT_EQ(co_await first.await(), "here");
        const auto second = tasks::completed(2);
        const task_outcome<int> ignored = second.ignore();
        EXPECT_EQ(ignored.value().value(), 2);
        const auto third = tasks::completed(3);
        const task_outcome<int> stopped = co_await third.shutdown();
        EXPECT_EQ(stopped.value().value(), 3);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(await, that_times_out_ends_the_owner_and_lets_neither_result_nor_end_arrive) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto started = tasks::async(endless);
        exit_reason why;
        try {
            co_await started.await(1ms);
        } catch (const detail::process_exit& left) {
            why = left.why;
        }
        EXPECT_EQ(why[0], reason::timeout);
        EXPECT_EQ(why[1][0], "task");
        EXPECT_EQ(why[1][1], "await");
        EXPECT_EQ(why[1][2][0].as_process(), started.process());
        EXPECT_EQ(why[1][2][1], exit_reason::integer(1));
        EXPECT_EQ(co_await end_of_released(started.process()), reason::normal);
        auto next = receive<exit_message>();
        const exit_message ended = co_await next;
        EXPECT_EQ(ended.why, reason::normal);
        EXPECT_FALSE((co_await started.yield(0ms)).has_value());
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(await, meets_a_result_a_nanosecond_before_the_timeout_and_misses_it_a_nanosecond_after) {
    test::run_simulated([]() -> task<> {
        const auto in_time = tasks::async(late, 1s - 1ns, 1);
        EXPECT_EQ(co_await in_time.await(1s), 1);
        const auto too_late = tasks::async(late, 1s + 1ns, 2);
        EXPECT_FALSE((co_await too_late.yield(1s)).has_value());
        co_await too_late.shutdown(brutal_kill);
    });
}

template <class F>
task<exit_reason> reason_of_await(F f) {
    co_return co_await end_of_new([f]() -> task<> {
        trap_exit(true);
        const auto started = tasks::async(f);
        co_await started.await();
    });
}

TEST(await, exits_with_the_reason_of_a_task_that_ends_without_a_result) {
    test::run_everywhere([]() -> task<> {
        const exit_reason normal = co_await reason_of_await([]() -> int { exit(reason::normal); });
        EXPECT_EQ(normal[0], reason::normal);
        const exit_reason chosen = co_await reason_of_await([]() -> int { exit("unknown"); });
        EXPECT_EQ(chosen[0], "unknown");
        EXPECT_EQ(chosen[1][1], "await");
        const exit_reason thrown =
            co_await reason_of_await([]() -> int { throw std::runtime_error{"oops"}; });
        const error_info* const error = thrown[0].as_error();
        EXPECT_EQ(error == nullptr ? "no error" : error->what, "oops");
    });
}

TEST(await, refuses_any_process_but_the_owner) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(endless);
        const auto refused = [started]() -> task<> {
            int count = 0;
            try {
                co_await started.await();
            } catch (const badarg_error&) {
                ++count;
            }
            try {
                co_await started.yield();
            } catch (const badarg_error&) {
                ++count;
            }
            try {
                co_await started.shutdown();
            } catch (const badarg_error&) {
                ++count;
            }
            try {
                started.ignore();
            } catch (const badarg_error&) {
                ++count;
            }
            EXPECT_EQ(count, 4);
        };
        EXPECT_EQ(co_await end_of_new(refused), reason::normal);
        co_await started.shutdown();
    });
}

TEST(yield, prefers_a_result_to_the_end_behind_it_and_removes_both) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto started = tasks::async(twice, 1);
        co_await end_of(started.process());  // result and down message are here too
        const task_outcome<int> got = co_await started.yield(0ms);
        EXPECT_EQ(got.value().value(), 2);
        co_await receive<exit_message>();
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(yield, gives_nothing_in_time_and_the_result_later) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async(endless);
        EXPECT_FALSE((co_await started.yield(0ms)).has_value());
        send(started.process(), go{});
        const task_outcome<int> got = co_await started.yield();
        EXPECT_EQ(got.value().value(), 0);
    });
}

TEST(yield, gives_the_reason_of_an_end_without_a_result_also_normal) {
    test::run_everywhere([]() -> task<> {
        const auto started = tasks::async([]() -> int { exit(reason::normal); });
        const task_outcome<int> got = co_await started.yield();
        EXPECT_EQ(got.value().error(), reason::normal);
    });
}

TEST(ignore, gives_a_result_that_is_here_and_drops_one_that_is_not) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto early = tasks::async(twice, 2);
        co_await end_of(early.process());
        co_await receive<exit_message>();
        EXPECT_EQ(early.ignore().value().value(), 4);

        const auto later = tasks::async(endless);
        EXPECT_FALSE(later.ignore().has_value());
        EXPECT_EQ(co_await end_of_released(later.process()), reason::normal);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(ignore, gives_a_failure_that_is_here_and_unlinks_a_task_that_fails_later) {
    test::run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto early = tasks::async([]() -> int { exit("oops"); });
        co_await end_of(early.process());
        co_await receive<exit_message>();
        EXPECT_EQ(early.ignore().value().error(), "oops");

        trap_exit(false);
        const auto later = tasks::async([]() -> task<int> {
            co_await receive<go>();
            exit("oops");
        });
        EXPECT_FALSE(later.ignore().has_value());
        EXPECT_EQ(co_await end_of_released(later.process()), "oops");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

}  // namespace
}  // namespace coppice
