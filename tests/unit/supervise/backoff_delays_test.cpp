// SPDX-License-Identifier: Apache-2.0
// The delays of one child: growth, maximum, jitter, and the return to the first delay after a healthy life.

#include "supervise/backoff_delays.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <vector>

#include "supervise/child_policy.hpp"

namespace coppice::supervise {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

restart_backoff doubling() {
    return {.first = 1s, .factor = 2, .maximum = 10s, .jitter = 0, .reset_after = 1min};
}

TEST(delays, grow_by_the_factor_up_to_the_maximum) {
    backoff_delays delays{doubling()};
    for (const nanoseconds expected : {1s, 2s, 4s, 8s, 10s, 10s}) {
        EXPECT_EQ(delays.after_life(0s, 0), expected);
    }
}

TEST(delays, grow_after_failed_starts_as_after_short_lives) {
    backoff_delays delays{doubling()};
    EXPECT_EQ(delays.after_life(0s, 0), 1s);
    EXPECT_EQ(delays.after_failed_start(0), 2s);
    EXPECT_EQ(delays.after_life(0s, 0), 4s);
}

TEST(delays, begin_again_after_a_healthy_life_and_not_a_nanosecond_earlier) {
    backoff_delays ill{doubling()};
    EXPECT_EQ(ill.after_life(0s, 0), 1s);
    EXPECT_EQ(ill.after_life(1min - 1ns, 0), 2s);
    backoff_delays healthy{doubling()};
    EXPECT_EQ(healthy.after_life(0s, 0), 1s);
    EXPECT_EQ(healthy.after_life(1min, 0), 1s);
}

TEST(delays, lengthen_only_by_failed_starts_if_each_start_makes_healthy) {
    restart_backoff how = doubling();
    how.reset_after = 0s;
    backoff_delays delays{how};
    EXPECT_EQ(delays.after_life(0s, 0), 1s);
    EXPECT_EQ(delays.after_life(0s, 0), 1s);
    EXPECT_EQ(delays.after_failed_start(0), 2s);
    EXPECT_EQ(delays.after_life(0s, 0), 1s);
}

TEST(delays, are_shortened_by_at_most_the_jitter) {
    restart_backoff how = doubling();
    how.jitter = 0.5;
    EXPECT_EQ(backoff_delays{how}.after_failed_start(0), 1s);
    EXPECT_EQ(backoff_delays{how}.after_failed_start(0.5), 750ms);
    EXPECT_EQ(backoff_delays{how}.after_failed_start(1), 500ms);
}

TEST(delays, do_not_shrink_because_an_earlier_delay_was_shortened) {
    restart_backoff how = doubling();
    how.jitter = 1;
    backoff_delays delays{how};
    EXPECT_EQ(delays.after_failed_start(1), 0s);
    EXPECT_EQ(delays.after_failed_start(0), 2s);
}

TEST(delays, stay_the_same_with_the_factor_one) {
    restart_backoff how = doubling();
    how.factor = 1;
    backoff_delays delays{how};
    EXPECT_EQ(delays.after_failed_start(0), 1s);
    EXPECT_EQ(delays.after_failed_start(0), 1s);
}

TEST(delays, end_at_the_longest_duration_without_an_overflow) {
    restart_backoff how;
    how.first = 1h;
    how.factor = std::numeric_limits<double>::max();
    how.maximum = nanoseconds::max();
    backoff_delays delays{how};
    EXPECT_EQ(delays.after_failed_start(0), 1h);
    EXPECT_EQ(delays.after_failed_start(0), nanoseconds::max());
    EXPECT_EQ(delays.after_failed_start(0), nanoseconds::max());
}

child_spec idle() {
    return child("idle", []() -> task<> { co_return; });
}

TEST(child_policy, exists_only_for_a_child_with_settings) {
    EXPECT_EQ(child_policy::of(idle(), {}), nullptr);
    EXPECT_NE(child_policy::of(idle(), doubling()), nullptr);
    EXPECT_NE(child_policy::of(idle().backoff(doubling()), {}), nullptr);
    EXPECT_NE(child_policy::of(idle().budget({}), {}), nullptr);
}

TEST(child_policy, prefers_the_back_off_of_the_child_also_if_it_has_no_delay) {
    EXPECT_EQ(child_policy::of(idle().backoff({}), doubling()), nullptr);
    const auto own = child_policy::of(idle().backoff({.first = 3s}), doubling());
    EXPECT_EQ(own->after_failed_start(0), 3s);
}

TEST(child_policy, counts_a_restart_in_the_budget_at_once_without_a_delay) {
    const auto policy = child_policy::of(idle().budget({.max_restarts = 1, .max_seconds = 5s}), {});
    EXPECT_EQ(policy->after_life(0s, 0).budget, budget_answer::within);
    EXPECT_EQ(policy->after_life(5s, 0).budget, budget_answer::exceeded);
}

TEST(child_policy, forgets_a_restart_after_the_window_of_the_budget) {
    const auto policy = child_policy::of(idle().budget({.max_restarts = 1, .max_seconds = 5s}), {});
    EXPECT_EQ(policy->after_life(0s, 0).budget, budget_answer::within);
    EXPECT_EQ(policy->after_life(6s, 0).budget, budget_answer::within);
}

TEST(child_policy, counts_a_restart_in_the_budget_only_after_the_delay) {
    const auto policy =
        child_policy::of(idle().backoff(doubling()).budget({.max_restarts = 0}), {});
    const restart_terms terms = policy->after_life(0s, 0);
    EXPECT_EQ(terms.delay, 1s);
    EXPECT_EQ(terms.budget, budget_answer::none);
    EXPECT_EQ(policy->account(1s), budget_answer::exceeded);
}

TEST(child_policy, measures_a_life_from_the_start) {
    const auto policy = child_policy::of(idle().backoff(doubling()), {});
    policy->started(100s);
    EXPECT_EQ(policy->after_life(100s, 0).delay, 1s);
    policy->started(200s);
    EXPECT_EQ(policy->after_life(260s - 1ns, 0).delay, 2s);
    policy->started(300s);
    EXPECT_EQ(policy->after_life(360s, 0).delay, 1s);
}

TEST(jitter, is_from_zero_to_one_and_the_same_for_the_same_seed) {
    jitter_source one{7};
    jitter_source same{7};
    for (int i = 0; i < 1000; ++i) {
        const double drawn = one.next();
        EXPECT_GE(drawn, 0);
        EXPECT_LT(drawn, 1);
        EXPECT_EQ(drawn, same.next());
    }
}

}  // namespace
}  // namespace coppice::supervise
