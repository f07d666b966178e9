// SPDX-License-Identifier: Apache-2.0
// The timers of waits: undated entries of the queue, which become timers when their durations begin.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <climits>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "time/timer_queue.hpp"

namespace coppice::time {
namespace {

using namespace std::chrono_literals;

using names = std::vector<int>;

/// What happens to the waits of one test.
struct history {
    names fired;
    int alive = 0;  ///< Actions.
    bool memory = true;
};

struct named_wait final : wait_timer {
    named_wait(history& h, int n) : all{h}, name{n} {}
    history& all;
    int name;
};

struct noting final : timer_action {
    explicit noting(const named_wait& wait) : all{wait.all}, name{wait.name} { ++all.alive; }
    ~noting() override { --all.alive; }
    void fire() noexcept override { all.fired.push_back(name); }
    history& all;
    int name;
};

action_ptr action_of(const wait_timer& wait) {
    const auto& whose = static_cast<const named_wait&>(wait);
    if (!whose.all.memory) {
        throw std::bad_alloc{};
    }
    return std::make_unique<noting>(whose);
}

class wait_timer_test : public ::testing::Test {
  protected:
    timer_queue::armed add_undated(named_wait& wait, nanoseconds after) {
        return queue.add_undated(after, wait, action_of);
    }
    /// Fires everything due at `now` and returns the names.
    names due(nanoseconds now) {
        all.fired.clear();
        queue.fire_due(now, UINT_MAX);
        return all.fired;
    }

    history all;
    named_wait first{all, 1};
    named_wait second{all, 2};
    named_wait third{all, 3};
    timer_queue queue;
};

TEST_F(wait_timer_test, that_is_undated_has_no_action_and_is_counted) {
    add_undated(first, 10ns);
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(queue.armed_count(), 1U);
    EXPECT_EQ(queue.next_due(), 0ns);
    queue.cancel(first);
    EXPECT_EQ(queue.armed_count(), 0U);
    EXPECT_EQ(due(100ns), names{});
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(wait_timer_test, begins_when_the_queue_learns_the_time) {
    add_undated(first, 10ns);
    EXPECT_EQ(due(100ns), names{});
    EXPECT_EQ(all.alive, 1);
    EXPECT_EQ(queue.armed_count(), 1U);
    EXPECT_EQ(queue.next_due(), 110ns);
    EXPECT_EQ(due(109ns), names{});
    EXPECT_EQ(due(110ns), names{1});
    EXPECT_EQ(queue.next_due(), never);
}

/// An action that begins an undated wait.
struct waiting final : timer_action {
    waiting(timer_queue& q, named_wait& w) : queue{q}, wait{w} {}
    void fire() noexcept override { queue.add_undated(10ns, wait, action_of); }
    timer_queue& queue;
    named_wait& wait;
};

TEST_F(wait_timer_test, that_is_set_while_timers_fire_does_not_begin_at_their_time) {
    queue.add(20ns, 0, std::make_unique<waiting>(queue, first));
    queue.add(30ns, second, action_of);
    EXPECT_EQ(due(40ns), names{2});
    EXPECT_EQ(due(70ns), names{}) << "the wait began at 40 ns";
    EXPECT_EQ(due(80ns), names{1});
}

TEST_F(wait_timer_test, does_not_begin_at_a_look_that_dates_nothing) {
    queue.add(10ns, third, action_of);
    add_undated(first, 10ns);
    timer_list undelivered{};
    EXPECT_EQ(queue.fire_due(10ns, UINT_MAX, undelivered, false), 1U);
    EXPECT_EQ(all.fired, names{3});
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(queue.next_due(), 0ns);  // a thread comes again
    EXPECT_EQ(due(20ns), names{});
    EXPECT_EQ(queue.next_due(), 30ns);
    EXPECT_EQ(due(30ns), names{1});
}

TEST_F(wait_timer_test, with_a_deadline_has_an_action_at_once) {
    queue.add(20ns, first, action_of);
    queue.add(10ns, second, action_of);
    EXPECT_EQ(all.alive, 2);
    queue.cancel(first);
    EXPECT_EQ(all.alive, 1);
    EXPECT_EQ(due(20ns), names{2});
}

TEST_F(wait_timer_test, without_memory_for_a_deadline_changes_nothing) {
    all.memory = false;
    EXPECT_THROW(queue.add(20ns, first, action_of), std::bad_alloc);
    EXPECT_EQ(queue.armed_count(), 0U);
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(wait_timer_test, is_cancelled_after_its_time_has_begun) {
    add_undated(first, 10ns);
    queue.begin_undated(5ns);
    queue.cancel(first);
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(wait_timer_test, may_be_cancelled_after_it_has_fired_and_armed_again) {
    add_undated(first, 10ns);
    due(0ns);
    EXPECT_EQ(due(10ns), names{1});
    add_undated(second, 10ns);
    due(10ns);  // the second has the slot of the first
    queue.cancel(first);
    EXPECT_EQ(queue.armed_count(), 1U);
    add_undated(first, 5ns);
    due(11ns);
    EXPECT_EQ(due(20ns), (names{1, 2}));
}

TEST_F(wait_timer_test, leaves_from_each_place_of_the_list) {
    for (named_wait* leaving : {&first, &second, &third}) {
        add_undated(first, 10ns);
        add_undated(second, 10ns);
        add_undated(third, 10ns);
        queue.cancel(*leaving);
        EXPECT_EQ(queue.armed_count(), 2U);
        add_undated(*leaving, 10ns);
        queue.begin_undated(0ns);
        names in_order;
        for (const int name : {1, 2, 3}) {
            if (name != leaving->name) {
                in_order.push_back(name);
            }
        }
        in_order.push_back(leaving->name);
        EXPECT_EQ(due(10ns), in_order);
    }
}

TEST_F(wait_timer_test, wakes_a_thread_only_if_nothing_was_undated_before) {
    queue.add(10ns, third, action_of);
    EXPECT_TRUE(add_undated(first, 1h).sooner);
    EXPECT_FALSE(add_undated(second, 1h).sooner);
    queue.cancel(first);
    queue.cancel(second);
    EXPECT_FALSE(add_undated(first, 1h).sooner);  // the request of before still stands
    due(0ns);
    EXPECT_EQ(queue.next_due(), 10ns);
}

TEST_F(wait_timer_test, stays_undated_without_memory_and_begins_later) {
    queue.add(10ns, third, action_of);
    add_undated(first, 10ns);
    add_undated(second, 10ns);
    all.memory = false;
    EXPECT_EQ(due(5ns), names{});
    EXPECT_EQ(queue.armed_count(), 3U);
    EXPECT_EQ(queue.next_due(), 0ns);  // a thread comes again
    EXPECT_EQ(due(10ns), names{3});    // timers with an action are due as ever
    queue.cancel(second);
    all.memory = true;
    EXPECT_EQ(due(50ns), names{});
    EXPECT_EQ(queue.next_due(), 60ns);
    EXPECT_EQ(due(60ns), names{1});
}

TEST_F(wait_timer_test, has_a_deadline_rounded_up_to_the_grain_of_the_queue) {
    timer_queue coarse{16ns};
    coarse.add_undated(2ns, first, action_of);
    coarse.begin_undated(15ns);
    EXPECT_EQ(coarse.next_due(), 32ns);
    coarse.cancel(first);
}

TEST_F(wait_timer_test, may_be_as_long_as_can_be_represented) {
    add_undated(first, nanoseconds::max());
    due(1s);
    EXPECT_EQ(queue.next_due(), never - 1ns);
}

TEST_F(wait_timer_test, that_is_the_sixty_fourth_undated_one_asks_for_a_reading_of_the_clock) {
    std::vector<std::unique_ptr<named_wait>> waits;
    for (int i = 0; i < 64; ++i) {
        waits.push_back(std::make_unique<named_wait>(all, i));
    }
    add_undated(first, 1h);
    queue.cancel(first);  // counts no more
    for (int i = 0; i < 63; ++i) {
        EXPECT_FALSE(add_undated(*waits[static_cast<std::size_t>(i)], 1h).many) << i;
    }
    EXPECT_TRUE(add_undated(*waits.back(), 1h).many);
    queue.begin_undated(0ns);
    EXPECT_EQ(all.alive, 64);
    EXPECT_FALSE(add_undated(first, 1h).many);
}

/// For threads: the action counts its ends.
struct fates {
    std::atomic<int> made{0};
    std::atomic<int> fired{0};
    std::atomic<int> destroyed{0};
};

struct shared_wait final : wait_timer {
    explicit shared_wait(fates& f) : all{f} {}
    fates& all;
};

struct fated final : timer_action {
    explicit fated(fates& f) : all{f} { ++all.made; }
    ~fated() override { ++all.destroyed; }
    void fire() noexcept override { ++all.fired; }
    fates& all;
};

TEST(wait_timers, of_some_threads_are_cancelled_while_another_thread_begins_and_fires_them) {
    constexpr int threads = 3;
    constexpr int waits_each = 5000;
    fates all;
    timer_queue queue;
    std::atomic<int> waiting{threads};
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&] {
            for (int i = 0; i < waits_each; ++i) {
                std::array<shared_wait, 3> here{shared_wait{all}, shared_wait{all},
                                                shared_wait{all}};
                for (shared_wait& each : here) {
                    queue.add_undated(nanoseconds{1 + i % 7}, each, [](const wait_timer& wait) {
                        const auto& whose = static_cast<const shared_wait&>(wait);
                        return action_ptr{std::make_unique<fated>(whose.all)};
                    });
                }
                queue.cancel(here[1]);
                queue.cancel(here[2]);
                queue.cancel(here[0]);
            }
            --waiting;
        });
    }
    for (nanoseconds now{0}; waiting > 0; now += 3ns) {
        queue.fire_due(now, UINT_MAX);
    }
    for (std::thread& each : running) {
        each.join();
    }
    EXPECT_EQ(queue.armed_count(), 0U);
    EXPECT_EQ(all.made, all.destroyed);
    EXPECT_LE(all.fired, all.made);
}

}  // namespace
}  // namespace coppice::time
