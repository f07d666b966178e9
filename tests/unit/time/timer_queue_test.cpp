// SPDX-License-Identifier: Apache-2.0
// The queue against a plain list with a search for the earliest, first set timer.

#include "time/timer_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace coppice::time {
namespace {

using namespace std::chrono_literals;

/// Notes its firing, and counts the live objects of its kind.
class noting final : public timer_action {
  public:
    noting(std::vector<int>& fired, int name, int& alive)
        : fired_{fired}, name_{name}, alive_{alive} {
        ++alive_;
    }
    ~noting() override { --alive_; }
    void fire() noexcept override { fired_.push_back(name_); }

  private:
    std::vector<int>& fired_;
    int name_;
    int& alive_;
};

class timer_queue_test : public ::testing::Test {
  protected:
    timer_id add(int name, nanoseconds deadline, std::uint64_t owner = 0) {
        return queue.add(deadline, owner, std::make_unique<noting>(fired, name, alive)).id;
    }
    timer_id add_undated(int name, nanoseconds after) {
        return queue.add_undated(after, 0, std::make_unique<noting>(fired, name, alive)).id;
    }
    /// Fires everything due at `now` and returns the names.
    std::vector<int> due(nanoseconds now) {
        fired.clear();
        queue.fire_due(now, UINT_MAX);
        return fired;
    }

    std::vector<int> fired;
    int alive = 0;
    timer_queue queue;
};

using names = std::vector<int>;

TEST_F(timer_queue_test, is_never_due_when_empty) {
    EXPECT_EQ(queue.next_due(), never);
    EXPECT_EQ(queue.fire_due(nanoseconds::max() - 1ns, 1), 0U);
}

TEST_F(timer_queue_test, gives_a_timer_at_its_deadline_and_not_a_nanosecond_before) {
    add(1, 100ns);
    EXPECT_EQ(queue.next_due(), 100ns);
    EXPECT_EQ(due(99ns), names{});
    EXPECT_EQ(due(100ns), names{1});
    EXPECT_EQ(due(100ns), names{});
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(timer_queue_test, fires_timers_by_deadline_in_any_order_of_setting) {
    add(3, 30ns);
    add(1, 10ns);
    add(4, 40ns);
    add(2, 20ns);
    EXPECT_EQ(queue.next_due(), 10ns);
    EXPECT_EQ(due(30ns), (names{1, 2, 3}));
    EXPECT_EQ(queue.next_due(), 40ns);
}

TEST_F(timer_queue_test, gives_timers_of_one_deadline_in_the_order_in_which_they_were_set) {
    names expected;
    std::vector<timer_id> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(add(i, 5ns));
        expected.push_back(i);
    }
    for (int i = 0; i < 100; i += 3) {
        queue.cancel(ids[static_cast<std::size_t>(i)]);
        std::erase(expected, i);
    }
    add(100, 5ns);  // uses a freed slot, and still comes last
    expected.push_back(100);
    EXPECT_EQ(due(5ns), expected);
}

TEST_F(timer_queue_test, cancels_a_timer_once_and_returns_its_deadline) {
    const timer_id id = add(1, 70ns);
    EXPECT_EQ(queue.deadline_of(id), 70ns);
    EXPECT_EQ(queue.cancel(id), 70ns);
    EXPECT_EQ(queue.cancel(id), std::nullopt);
    EXPECT_EQ(queue.deadline_of(id), std::nullopt);
    EXPECT_EQ(due(1s), names{});
    EXPECT_EQ(alive, 0);
}

TEST_F(timer_queue_test, cannot_cancel_or_read_a_timer_that_has_fired) {
    const timer_id id = add(1, 1ns);
    due(1ns);
    EXPECT_EQ(queue.deadline_of(id), std::nullopt);
    EXPECT_EQ(queue.cancel(id), std::nullopt);
}

TEST_F(timer_queue_test, distinguishes_successive_timers_of_the_same_slot) {
    const timer_id old = add(1, 1ns);
    queue.cancel(old);
    const timer_id next = add(2, 2ns);
    EXPECT_EQ(next.slot, old.slot);
    EXPECT_EQ(queue.cancel(old), std::nullopt);
    EXPECT_EQ(queue.deadline_of(old), std::nullopt);
    EXPECT_EQ(queue.deadline_of(next), 2ns);
    EXPECT_EQ(due(2ns), names{2});
}

TEST_F(timer_queue_test, finds_no_timer_for_unknown_ids) {
    add(1, 1ns);
    EXPECT_EQ(queue.cancel({}), std::nullopt);
    EXPECT_EQ(queue.cancel({12345, 1}), std::nullopt);
    EXPECT_EQ(queue.deadline_of({0, 99}), std::nullopt);
}

TEST_F(timer_queue_test, cancels_all_timers_of_one_owner_only) {
    add(1, 1ns, 7);
    add(2, 2ns, 8);
    add(3, 3ns, 7);
    add(4, 4ns);
    add(5, 5ns, 7);
    queue.cancel_all_of(7);
    EXPECT_EQ(alive, 2);
    queue.cancel_all_of(7);
    queue.cancel_all_of(99);
    EXPECT_EQ(due(5ns), (names{2, 4}));
}

TEST_F(timer_queue_test, does_not_cancel_timers_without_an_owner_together) {
    add(1, 1ns);
    add(2, 2ns);
    queue.cancel_all_of(0);
    EXPECT_EQ(due(2ns), (names{1, 2}));
}

TEST_F(timer_queue_test, tells_an_action_its_id) {
    auto action = std::make_unique<noting>(fired, 1, alive);
    const timer_action& added = *action;
    const timer_id id = queue.add(1ns, 0, std::move(action)).id;
    EXPECT_EQ(added.id.slot, id.slot);
    EXPECT_EQ(added.id.generation, id.generation);
}

TEST_F(timer_queue_test, knows_the_first_after_the_first_was_cancelled) {
    const timer_id first = add(1, 10ns);
    add(2, 20ns);
    queue.cancel(first);
    EXPECT_EQ(queue.due_not_before(), 10ns);  // no search for the next one so far
    EXPECT_EQ(queue.next_due(), 20ns);
    EXPECT_EQ(queue.due_not_before(), 20ns);
}

TEST_F(timer_queue_test, takes_a_deadline_before_zero_for_zero) {
    add(1, 0ns);
    add(2, -5ns);
    EXPECT_EQ(queue.next_due(), 0ns);
    EXPECT_EQ(due(-1ns), names{});
    EXPECT_EQ(due(0ns), (names{1, 2}));
}

TEST_F(timer_queue_test, dates_an_undated_timer_when_the_queue_learns_the_time) {
    const timer_id id = add_undated(1, 10ns);
    EXPECT_EQ(queue.next_due(), 0ns);
    EXPECT_EQ(queue.deadline_of(id), -10ns);
    EXPECT_EQ(due(100ns), names{});
    EXPECT_EQ(queue.next_due(), 110ns);
    EXPECT_EQ(queue.deadline_of(id), 110ns);
    EXPECT_EQ(due(109ns), names{});
    EXPECT_EQ(due(110ns), names{1});
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(timer_queue_test, fires_undated_timers_dated_together_in_the_order_of_setting) {
    add_undated(1, 10ns);
    add_undated(2, 5ns);
    add_undated(3, 10ns);
    due(0ns);
    add(4, 10ns);
    EXPECT_EQ(due(10ns), (names{2, 1, 3, 4}));
}

TEST_F(timer_queue_test, cancels_an_undated_timer_before_and_after_its_time_has_begun) {
    add(1, 50ns);
    const timer_id before = add_undated(2, 10ns);
    EXPECT_EQ(queue.cancel(before), -10ns);
    EXPECT_EQ(queue.cancel(before), std::nullopt);
    EXPECT_EQ(queue.next_due(), 50ns);
    const timer_id after = add_undated(3, 10ns);
    due(7ns);
    EXPECT_EQ(queue.cancel(after), 17ns);
    EXPECT_EQ(due(50ns), names{1});
    EXPECT_EQ(alive, 0);
}

TEST_F(timer_queue_test, reports_sixty_four_undated_timers_and_dates_them_on_request) {
    const auto add_one = [&](int name) {
        return queue.add_undated(10ns, 0, std::make_unique<noting>(fired, name, alive));
    };
    for (int i = 0; i < 63; ++i) {
        EXPECT_FALSE(add_one(i).many);
    }
    queue.cancel(add_one(63).id);
    EXPECT_TRUE(add_one(64).many);
    queue.begin_undated(5ns);
    EXPECT_EQ(queue.next_due(), 15ns);
    EXPECT_FALSE(add_one(65).many);
    EXPECT_EQ(due(15ns).size(), 64U);
    EXPECT_EQ(due(25ns), names{65});
}

TEST_F(timer_queue_test, cancels_undated_and_dated_timers_of_an_owner) {
    const auto add_owned = [&](int name, std::uint64_t owner) {
        queue.add_undated(10ns, owner, std::make_unique<noting>(fired, name, alive));
    };
    add_owned(1, 7);
    add_owned(2, 8);
    add(3, 10ns, 7);
    queue.cancel_all_of(7);
    EXPECT_EQ(alive, 1);
    add_owned(4, 7);
    queue.begin_undated(0ns);
    queue.cancel_all_of(8);
    EXPECT_EQ(due(10ns), names{4});
}

TEST_F(timer_queue_test, has_a_deadline_for_the_longest_wait) {
    add_undated(1, nanoseconds::max());
    due(1s);
    EXPECT_EQ(queue.next_due(), never - 1ns);
    EXPECT_EQ(deadline_after(1s, nanoseconds::max() - 1s), never - 1ns);
    EXPECT_EQ(deadline_after(1s, nanoseconds::max() - 1s - 1ns), never - 1ns);
    EXPECT_EQ(deadline_after(1s, nanoseconds::max() - 1s - 2ns), never - 2ns);
}

TEST(timer_queue, rounds_deadlines_up_to_its_grain_and_keeps_their_order) {
    std::vector<int> fired;
    int alive = 0;
    timer_queue queue{16ns};
    const auto add = [&](int name, nanoseconds deadline) {
        return queue.add(deadline, 0, std::make_unique<noting>(fired, name, alive)).id;
    };
    EXPECT_EQ(queue.deadline_of(add(1, 16ns)), 16ns);
    EXPECT_EQ(queue.deadline_of(add(2, 15ns)), 16ns);
    EXPECT_EQ(queue.deadline_of(add(3, 1ns)), 16ns);
    EXPECT_EQ(queue.deadline_of(add(4, 17ns)), 32ns);
    EXPECT_EQ(queue.deadline_of(add(5, 0ns)), 0ns);
    EXPECT_EQ(queue.deadline_of(add(6, never - 1ns)), never - 1ns);
    const timer_id undated =
        queue.add_undated(2ns, 0, std::make_unique<noting>(fired, 7, alive)).id;
    const auto fire_due = [&](nanoseconds now) {
        fired.clear();
        queue.fire_due(now, UINT_MAX);
        return fired;
    };
    EXPECT_EQ(fire_due(15ns), names{5});
    EXPECT_EQ(queue.deadline_of(undated), 32ns);
    EXPECT_EQ(fire_due(16ns), (names{1, 2, 3}));
    EXPECT_EQ(fire_due(31ns), names{});
    EXPECT_EQ(fire_due(32ns), (names{4, 7}));
}

TEST(timer_queue, destroys_the_actions_that_never_fired) {
    std::vector<int> fired;
    int alive = 0;
    {
        timer_queue queue;
        for (std::uint64_t i = 0; i < 1000; ++i) {
            queue.add(nanoseconds{i}, i % 3, std::make_unique<noting>(fired, 0, alive));
        }
        EXPECT_EQ(queue.fire_due(0ns, 1), 1U);  // so that there are wheels
        queue.add_undated(1s, 0, std::make_unique<noting>(fired, 0, alive));
        EXPECT_EQ(alive, 1000);
    }
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(fired, std::vector<int>{0});
}

struct modelled {
    int name;
    nanoseconds deadline;
    std::uint64_t owner;
    timer_id id;
};

const modelled* earliest(const std::vector<modelled>& timers) {
    // The first of the smallest: the list is in the order of setting.
    const auto found = std::min_element(
        timers.begin(), timers.end(),
        [](const modelled& l, const modelled& r) { return l.deadline < r.deadline; });
    return found == timers.end() ? nullptr : &*found;
}

TEST_F(timer_queue_test, matches_the_model_in_random_histories) {
    for (std::uint32_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        std::vector<modelled> expected;
        std::vector<timer_id> dead;
        nanoseconds now{0};
        for (int step = 0; step < 3000; ++step) {
            const auto dice = random() % 100;
            if (dice < 50) {
                const nanoseconds deadline = now + nanoseconds{random() % 50};
                const std::uint64_t owner = random() % 6;
                expected.push_back({step, deadline, owner, add(step, deadline, owner)});
            } else if (dice < 70 && !expected.empty()) {
                const std::size_t chosen = random() % expected.size();
                ASSERT_EQ(queue.deadline_of(expected[chosen].id), expected[chosen].deadline);
                ASSERT_EQ(queue.cancel(expected[chosen].id), expected[chosen].deadline);
                dead.push_back(expected[chosen].id);
                expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(chosen));
            } else if (dice < 75 && !dead.empty()) {
                ASSERT_EQ(queue.cancel(dead[random() % dead.size()]), std::nullopt);
            } else if (dice < 77) {
                const std::uint64_t owner = 1 + random() % 5;
                queue.cancel_all_of(owner);
                std::erase_if(expected, [&](const modelled& m) { return m.owner == owner; });
            } else {
                now += nanoseconds{random() % 8};
                names wanted;
                for (const modelled* m = earliest(expected); m != nullptr && m->deadline <= now;
                     m = earliest(expected)) {
                    wanted.push_back(m->name);
                    dead.push_back(m->id);
                    expected.erase(expected.begin() + (m - expected.data()));
                }
                ASSERT_EQ(due(now), wanted);
            }
            const modelled* next = earliest(expected);
            ASSERT_EQ(queue.next_due(), next == nullptr ? never : next->deadline);
            ASSERT_EQ(alive, static_cast<int>(expected.size()));
        }
        due(nanoseconds::max() - 1ns);
    }
}

struct counting final : timer_action {
    explicit counting(std::atomic<int>& c) : count{c} {}
    void fire() noexcept override { ++count; }
    std::atomic<int>& count;
};

TEST(timer_queue, fires_or_cancels_each_timer_exactly_once_when_threads_meet) {
    constexpr int setters = 3;
    constexpr int timers_each = 3000;
    timer_queue queue;
    std::atomic<int> fired{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> setting{setters};
    std::vector<std::thread> threads;
    for (int t = 0; t < setters; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < timers_each; ++i) {
                const timer_id id = queue
                                        .add(nanoseconds{i % 7}, static_cast<std::uint64_t>(t) + 1,
                                             std::make_unique<counting>(fired))
                                        .id;
                if (i % 2 == 0 && queue.cancel(id)) {
                    ++cancelled;
                }
            }
            --setting;
        });
    }
    threads.emplace_back([&] {
        while (setting > 0 || queue.next_due() != never) {
            queue.fire_due(10ns, UINT_MAX);
        }
    });
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(fired + cancelled, setters * timers_each);
    EXPECT_GE(fired.load(), setters * timers_each / 2);
}

/// Counts each kind of end of a timer.
struct fates {
    std::atomic<int> fired{0};
    std::atomic<int> destroyed{0};
};

struct fated final : timer_action {
    explicit fated(fates& f) : all{f} {}
    ~fated() override { ++all.destroyed; }
    void fire() noexcept override { ++all.fired; }
    fates& all;
};

/// Sets timers of all kinds, and ends some timers in all ways. Returns the number fired.
unsigned meddle(timer_queue& queue, fates& all, std::uint32_t seed, int count) {
    std::mt19937 random{seed};
    std::vector<timer_id> set;
    unsigned fired = 0;
    for (int i = 0; i < count; ++i) {
        const nanoseconds when{random() % 1000};
        set.push_back(
            i % 3 == 0
                ? queue.add_undated(when + 1ns, random() % 4, std::make_unique<fated>(all)).id
                : queue.add(when, random() % 4, std::make_unique<fated>(all)).id);
        const timer_id any = set[random() % set.size()];
        if (i % 2 == 0) {
            queue.cancel(any);
        } else if (queue.deadline_of(any) < queue.next_due()) {
            fired += queue.fire_due(nanoseconds{random() % 500}, 1);
        }
        if (i % 50 == 0) {
            queue.cancel_all_of(1 + random() % 3);
        }
    }
    return fired;
}

TEST_F(timer_queue_test, counts_no_undated_timer_that_was_cancelled_towards_many) {
    const auto set = [this] {
        return queue.add_undated(1h, 0, std::make_unique<noting>(fired, 1, alive));
    };
    std::vector<timer_id> cancelled;
    for (int i = 0; i < 40; ++i) {
        cancelled.push_back(set().id);
    }
    for (const timer_id& each : cancelled) {
        queue.cancel(each);
    }
    for (int i = 1; i < 64; ++i) {
        EXPECT_FALSE(set().many) << i;
    }
    EXPECT_TRUE(set().many);
}

TEST(timer_queue, loses_no_timer_and_ends_none_twice_when_threads_do_everything_at_once) {
    constexpr int threads = 4;
    constexpr int timers_each = 4000;
    fates all;
    timer_queue queue;
    std::atomic<int> meddling{threads};
    std::atomic<unsigned> taken{0};
    std::vector<std::thread> running;
    for (std::uint32_t t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            taken += meddle(queue, all, t, timers_each);
            --meddling;
        });
    }
    for (nanoseconds now{0}; meddling > 0 || queue.next_due() != never; now += 10ns) {
        taken += queue.fire_due(now, UINT_MAX);
    }
    for (std::thread& each : running) {
        each.join();
    }
    EXPECT_EQ(all.fired, static_cast<int>(taken));
    EXPECT_EQ(all.destroyed, threads * timers_each);
}

}  // namespace
}  // namespace coppice::time
