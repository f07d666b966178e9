// SPDX-License-Identifier: Apache-2.0
#include "sched/steal_backoff.hpp"

#include <gtest/gtest.h>

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;
using nanoseconds = std::chrono::nanoseconds;

/// A thief with a simulated clock.
struct thief {
    /// A steal, followed by `count` turns with a total time of `busy`. Returns the pause of the back-off.
    nanoseconds steals(std::uint64_t count, nanoseconds busy) {
        backoff.stole(turns, now);
        turns += count;
        now += busy;
        backoff.ran_out(turns, now);
        return pause();
    }
    nanoseconds pause() const { return backoff.is_active() ? backoff.resumes_at() - now : 0ns; }

    steal_backoff backoff;
    std::uint64_t turns = 7;
    nanoseconds now{1h};
};

constexpr auto long_turn = steal_backoff::long_turn;
constexpr auto first = steal_backoff::first_pause;
constexpr auto longest = steal_backoff::longest_pause;

TEST(steal_backoff, puts_nothing_off_before_the_first_steal) {
    thief t;
    EXPECT_EQ(t.pause(), 0ns);
    t.backoff.ran_out(100, t.now);
    EXPECT_EQ(t.pause(), 0ns);
}

TEST(steal_backoff, begins_after_a_steal_of_short_turns) {
    thief t;
    EXPECT_EQ(t.steals(10, 10 * long_turn - 1ns), first);
    EXPECT_EQ(thief{}.steals(10, 10 * long_turn), 0ns);
}

TEST(steal_backoff, doubles_with_each_steal_that_does_not_pay_up_to_its_bound) {
    thief t;
    nanoseconds expected = first;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(t.steals(1, 0ns), expected);
        expected = std::min(2 * expected, longest);
    }
    EXPECT_EQ(expected, longest);
}

TEST(steal_backoff, ends_with_a_steal_that_pays) {
    thief t;
    t.steals(1, 0ns);
    EXPECT_EQ(t.steals(1, 0ns), 2 * first);
    EXPECT_EQ(t.steals(1, long_turn), 0ns);
    EXPECT_EQ(t.steals(1, 0ns), first);
}

TEST(steal_backoff, judges_a_steal_once) {
    thief t;
    t.steals(1, 0ns);
    t.now += 10us;
    t.backoff.ran_out(t.turns, t.now);
    EXPECT_EQ(t.pause(), first - 10us);
}

TEST(steal_backoff, is_halved_by_a_steal_with_many_short_turns) {
    thief t;
    for (nanoseconds expected : {first, 2 * first, 4 * first}) {
        EXPECT_EQ(t.steals(steal_backoff::many_turns - 1, 1us), expected);
    }
    for (nanoseconds expected : {2 * first, first, nanoseconds{0}}) {
        EXPECT_EQ(t.steals(steal_backoff::many_turns, 1us), expected);
    }
}

TEST(steal_backoff, goes_on_for_one_more_pause_after_a_look) {
    thief t;
    t.now += t.steals(1, 0ns);
    t.backoff.looked(t.now);
    EXPECT_EQ(t.pause(), first);
}

TEST(steal_backoff, rests_after_several_looks_without_a_steal_until_the_next_steal) {
    thief t;
    t.steals(1, 0ns);
    for (unsigned i = 1; i < steal_backoff::looks_max; ++i) {
        t.backoff.looked(t.now);
        EXPECT_TRUE(t.backoff.is_active());
    }
    t.backoff.looked(t.now);
    EXPECT_FALSE(t.backoff.is_active());
    EXPECT_EQ(t.steals(1, 0ns), 2 * first);
}

TEST(steal_backoff, tells_whether_a_pause_begins) {
    steal_backoff backoff;
    EXPECT_FALSE(backoff.ran_out(1, 1s));
    backoff.stole(1, 1s);
    EXPECT_TRUE(backoff.ran_out(2, 1s));
    EXPECT_FALSE(backoff.ran_out(2, 1s));
    backoff.stole(2, 1s);
    EXPECT_FALSE(backoff.ran_out(3, 1s + long_turn));
}

TEST(runnables_of_a_queue, wait_for_long_if_fewer_have_left_the_queue_than_wait_there) {
    EXPECT_FALSE(waits_for_long(0, 0));
    EXPECT_TRUE(waits_for_long(0, 1));
    EXPECT_FALSE(waits_for_long(1, 1));
    EXPECT_TRUE(waits_for_long(9, 10));
    EXPECT_FALSE(waits_for_long(10, 10));
}

}  // namespace
}  // namespace coppice::sched
