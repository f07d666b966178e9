// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/task_stream.hpp: late tasks, and the end of a stream before its last item.

#include "coppice/task_stream.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "support/streams.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::four;
using test::line_of;
using test::rest;
using test::rest_of_mailbox;
using test::tells_and_waits;
using test::twice;
using test::with;
using test::with_each_number_of_places;
using test::without_and_with;

TEST(async_stream, ends_the_consumer_when_a_task_is_late) {
    test::run_simulated([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            stream_options how;
            how.timeout = 20ms;
            auto stream = tasks::async_stream(std::vector<int>{300}, rest, how);
            co_await stream.collect();
        });
        EXPECT_EQ(why[0], reason::timeout);
        EXPECT_EQ(why[1][0], "task");
        EXPECT_EQ(why[1][1], "stream");
        EXPECT_EQ(why[1][2][0], exit_reason::integer(20));
    });
}

TEST(async_stream, leaves_nothing_behind_when_a_late_task_ends_the_stream) {
    test::run_simulated([]() -> task<> {
        trap_exit(true);
        stream_options how = with(2);
        how.timeout = 20ms;
        const std::size_t before = processes().size();
        bool ended = false;
        try {
            auto stream = tasks::async_stream(std::vector<int>{300, 300}, rest, how);
            co_await stream.collect();
        } catch (const detail::process_exit&) {
            ended = true;
        }
        EXPECT_TRUE(ended);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        EXPECT_EQ(processes().size(), before);
    });
}

TEST(async_stream, kills_a_late_task_and_goes_on_if_told) {
    test::run_simulated([]() -> task<> {
        stream_options how = with(1);
        how.timeout = 50ms;
        how.on_timeout = on_stream_timeout::kill_task;
        auto stream = tasks::async_stream(std::vector<int>{300, 1}, rest, how);
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "timeout;1;");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(async_stream,
     meets_a_task_a_nanosecond_before_its_time_is_over_and_kills_it_a_nanosecond_after) {
    test::run_simulated([]() -> task<> {
        for (std::chrono::nanoseconds time = 10ms - 1ns; time <= 10ms + 1ns; time += 2ns) {
            stream_options how = with(1);
            how.timeout = 10ms;
            how.on_timeout = on_stream_timeout::kill_task;
            const auto wait = [time](int n) -> task<int> { return test::late(time, n); };
            auto stream = tasks::async_stream(std::vector<int>{1}, wait, how);
            const auto all = co_await stream.collect();
            EXPECT_EQ(line_of(all), time < 10ms ? "1;" : "timeout;");
        }
    });
}

TEST(async_stream, has_no_time_limit_if_told) {
    test::run_simulated([]() -> task<> {
        stream_options how = with(1);
        how.timeout = no_timeout;
        auto stream = tasks::async_stream(std::vector<int>{3'600'000}, rest, how);
        const auto all = co_await stream.collect();
        EXPECT_EQ(line_of(all), "3600000;");
    });
}

TEST(async_stream, refuses_no_places_and_a_negative_timeout) {
    test::run_everywhere([]() -> task<> {
        int refused = 0;
        stream_options negative;
        negative.timeout = -1ns;
        const std::array wrong{with(0), negative};
        for (const stream_options& how : wrong) {
            try {
                const auto stream = tasks::async_stream(four(), twice, how);
            } catch (const badarg_error&) {
                ++refused;
            }
        }
        EXPECT_EQ(refused, 2);
        co_return;
    });
}

TEST(async_stream, that_is_closed_has_killed_its_tasks_and_leaves_nothing) {
    test::run_everywhere([]() -> task<> {
        const pid me = self();
        const auto asking = [me]() -> task<> {
            stream_options how = with(2);
            how.ordered = false;
            auto stream = tasks::async_stream(four(), tells_and_waits{me}, how);
            auto waiting = stream.next();
            co_await waiting;
        };
        const pid consumer = spawn(asking);
        const pid first = co_await receive<pid>();
        const pid second = co_await receive<pid>();
        send(first, test::go{});
        co_await end_of(first);
        co_await end_of(consumer);
        const exit_reason why = co_await end_of(second);
        EXPECT_TRUE(why == reason::killed || why == reason::noproc) << to_string(why);
    });
}

TEST(async_stream, whose_consumer_takes_only_some_items_leaves_no_message_and_no_link) {
    test::run_everywhere([]() -> task<> {
        for (const bool traps : without_and_with) {
            trap_exit(traps);
            co_await with_each_number_of_places([](stream_options how) -> task<> {
                auto stream = tasks::async_stream(four(), twice, how);
                EXPECT_EQ((co_await stream.next()).value().value(), 2);
                co_await stream.close();
                EXPECT_FALSE((co_await stream.next()).has_value());
            });
        }
    });
}

TEST(async_stream, that_is_destroyed_leaves_no_message) {
    test::run_everywhere([]() -> task<> {
        for (const bool traps : without_and_with) {
            trap_exit(traps);
            {
                auto stream = tasks::async_stream(four(), twice, with(4));
                EXPECT_EQ((co_await stream.next()).value().value(), 2);
            }
            for (int i = 0; i < 10; ++i) {
                co_await yield();
            }
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(async_stream, ends_its_tasks_with_the_reason_of_its_consumer) {
    test::run_everywhere([]() -> task<> {
        const pid me = self();
        const pid consumer = spawn([me]() -> task<> {
            auto stream = tasks::async_stream(four(), tells_and_waits{me}, with(1));
            co_await stream.collect();
        });
        const pid started = co_await receive<pid>();
        const ref watching = monitor(started);
        exit(consumer, "enough");
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, "enough");
    });
}

}  // namespace
}  // namespace coppice
