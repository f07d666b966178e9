// SPDX-License-Identifier: Apache-2.0
// Schedules of restarts, and their agreement with a supervisor.

#include "coppice/restart_schedule.hpp"

#include <gtest/gtest.h>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

failing_child doubling(int max_restarts) {
    failing_child out;
    out.backoff.first = 1s;
    out.backoff.maximum = 4s;
    out.limit.max_restarts = max_restarts;
    out.limit.max_seconds = std::chrono::seconds{100};
    return out;
}

TEST(restart_schedule, adds_the_delays_and_ends_with_the_restart_over_the_limit) {
    const std::vector<scheduled_restart> expected{{1s, 1s, false}, {2s, 3s, false}, {4s, 7s, true}};
    EXPECT_EQ(restart_schedule(doubling(2), 10), expected);
}

TEST(restart_schedule, ends_after_the_asked_number_of_restarts) {
    EXPECT_EQ(restart_schedule(doubling(2), 0).size(), 0U);
    const std::vector<scheduled_restart> two = restart_schedule(doubling(2), 2);
    EXPECT_EQ(two.size(), 2U);
    EXPECT_FALSE(two.back().gives_up);
    EXPECT_TRUE(restart_schedule(doubling(2), 3).back().gives_up);
}

TEST(restart_schedule, is_immediate_without_a_back_off) {
    failing_child child;
    child.limit.max_restarts = 1;
    const std::vector<scheduled_restart> expected{{0s, 0s, false}, {0s, 0s, true}};
    EXPECT_EQ(restart_schedule(child, 10), expected);
}

TEST(restart_schedule, begins_again_with_the_first_delay_after_healthy_lives) {
    failing_child child = doubling(100);
    child.lives_for = 1min;
    for (const scheduled_restart& each : restart_schedule(child, 5)) {
        EXPECT_EQ(each.delay, 1s);
    }
}

TEST(restart_schedule, ends_at_the_longest_time_without_an_overflow) {
    failing_child child = doubling(100);
    child.lives_for = std::chrono::nanoseconds::max();
    EXPECT_EQ(restart_schedule(child, 3).back().at, std::chrono::nanoseconds::max());
}

TEST(restart_schedule, refuses_settings_that_a_supervisor_refuses) {
    failing_child negative = doubling(1);
    negative.lives_for = -1ns;
    EXPECT_THROW((void)restart_schedule(negative, 1), badarg_error);
    failing_child shrinking = doubling(1);
    shrinking.backoff.factor = 0.5;
    EXPECT_THROW((void)restart_schedule(shrinking, 1), badarg_error);
    failing_child unlimited_window = doubling(1);
    unlimited_window.limit.max_seconds = std::chrono::seconds{0};
    EXPECT_THROW((void)restart_schedule(unlimited_window, 1), badarg_error);
}

TEST(a_supervisor, restarts_and_gives_up_at_the_times_of_the_schedule) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const failing_child plan = doubling(2);
        supervisor_flags flags;
        flags.max_restarts = plan.limit.max_restarts;
        flags.max_seconds = plan.limit.max_seconds;
        flags.backoff = plan.backoff;
        const supervisor s = co_await started(children(obedient("a")), flags);
        const auto begin = monotonic_time();
        const std::vector<scheduled_restart> expected = restart_schedule(plan, 10);
        for (const scheduled_restart& each : expected) {
            const pid a = co_await child_of(s, "a");
            exit(a, "boom");
            if (each.gives_up) {
                break;
            }
            co_await sleep(each.delay + 1ms);
        }
        const exit_message last = co_await receive<exit_message>();
        EXPECT_EQ(last.why, reason::shutdown);
        const auto taken = monotonic_time() - begin;
        EXPECT_GE(taken, expected.back().at);
        EXPECT_LE(taken, expected.back().at + 10ms);
        co_return;
    });
}

}  // namespace
}  // namespace coppice
