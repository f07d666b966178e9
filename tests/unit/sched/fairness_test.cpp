// SPDX-License-Identifier: Apache-2.0
// Fairness of scheduler threads: a waiting task gets a turn after a bounded number of other turns, and a
// runnable task wakes a thread. The scheduler threads have to achieve both without the sentinel, which would
// repair their failures. Where spares need a sentinel, the measured times are shorter than its tick.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "support/watched_scheduler.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::milestone;
using test::patience;
using test::turn;
using world = test::watched_scheduler;

constexpr std::chrono::nanoseconds unwatched{0};
/// LIFO slot limit: after so many turns from the slot, a scheduler thread takes a queued task.
constexpr int streak_max = 64;

/// A scheduler without a sentinel.
world unwatched_world(unsigned workers, std::chrono::microseconds spin = 50us) {
    return world{workers, spin, 0, unwatched};
}

TEST(two_that_wake_each_other, let_each_waiting_task_run_after_at_most_one_streak) {
    const world w = unwatched_world(1);
    milestone ended;
    std::atomic<int> of_the_two{0};
    int before_first = 0;
    int before_second = 0;
    turn first{[&](turn&) { before_first = of_the_two; }};
    turn second{[&](turn&) { before_second = of_the_two; }};
    turn* other = nullptr;
    turn one{[&](turn&) {
        if (++of_the_two == 1) {
            w->enqueue_back(first);
            w->enqueue_back(second);
        }
        before_second > 0 || of_the_two > 100 * streak_max ? ended.reach() : w->enqueue(*other);
    }};
    turn two{[&](turn&) {
        ++of_the_two;
        w->enqueue(one);
    }};
    other = &two;
    w->enqueue(one);
    w.start();
    ASSERT_TRUE(ended.wait_for(1));
    w.stop();
    EXPECT_GT(before_first, 0);
    EXPECT_LE(before_first, streak_max + 2);
    EXPECT_GT(before_second, 0);
    EXPECT_LE(before_second, 2 * (streak_max + 2));
}

/// The LIFO slot and the queue take turns, so no streak of the slot ends.
TEST(three_that_wake_each_other_through_the_queue, let_a_task_from_outside_run) {
    const world w = unwatched_world(1);
    constexpr int turns_between_looks = 56;
    milestone ended;
    int rounds = 0;
    turn outside{[](turn&) {}};
    turn* starter = nullptr;
    turn queued{[&](turn&) { w->enqueue(*starter); }};
    turn in_the_slot{[](turn&) {}};
    turn first{[&](turn&) {
        if (++rounds == 1) {
            std::thread{[&] { w->enqueue(outside); }}.join();
        }
        if (outside.turns() > 0 || rounds > 100 * turns_between_looks) {
            ended.reach();
            return;
        }
        w->enqueue(queued);
        w->enqueue(in_the_slot);
    }};
    starter = &first;
    w->enqueue(first);
    w.start();
    ASSERT_TRUE(ended.wait_for(1));
    w.stop();
    EXPECT_EQ(outside.turns(), 1);
    EXPECT_LE(rounds, turns_between_looks);
}

TEST(a_turn_that_gives_way, is_followed_by_tasks_enqueued_from_outside_meanwhile) {
    const world w = unwatched_world(1);
    constexpr int rounds = 200;
    milestone ended;
    int own_turns = 0;
    int late = 0;
    turn outside{[&](turn& me) { late += own_turns == me.turns() ? 0 : 1; }};
    turn own{[&](turn& me) {
        if (++own_turns > rounds) {
            ended.reach();
            return;
        }
        std::thread{[&] { w->enqueue(outside); }}.join();
        w->enqueue_back(me);
    }};
    w->enqueue(own);
    w.start();
    ASSERT_TRUE(ended.wait_for(1));
    w.stop();
    EXPECT_EQ(outside.turns(), rounds);
    EXPECT_EQ(late, 0);
}

/// Counts its firings.
struct counting final : time::timer_action {
    explicit counting(std::atomic<int>& count) : fired{count} {}
    void fire() noexcept override { ++fired; }

    std::atomic<int>& fired;
};

TEST(a_turn_that_gives_way, is_followed_by_timers_that_became_due_meanwhile) {
    const world w = unwatched_world(1);
    constexpr int rounds = 200;
    milestone ended;
    std::atomic<int> fired{0};
    int set = 0;
    int late = 0;
    turn own{[&](turn& me) {
        late += fired == set ? 0 : 1;
        if (set == rounds) {
            ended.reach();
            return;
        }
        const auto due = w->clock().now();
        w->timers(w->local_shard()).add(due, 0, std::make_unique<counting>(fired));
        ++set;
        while (w->clock().now() <= due + 2 * sched::timer_grain) {
        }
        w->enqueue_back(me);
    }};
    w->enqueue(own);
    w.start();
    ASSERT_TRUE(ended.wait_for(1));
    w.stop();
    EXPECT_EQ(late, 0);
}

TEST(a_task, of_any_rank_wakes_a_worker_that_sleeps) {
    const world w = unwatched_world(1);
    w.start();
    for (const rank urgency : {rank::low, rank::normal, rank::high, rank::max}) {
        milestone ran;
        turn task{[&](turn&) { ran.reach(); }};
        task.urgency = urgency;
        eventually([] { return false; }, 20ms);  // until the thread is asleep
        w->enqueue(task);
        EXPECT_TRUE(ran.wait_for(1)) << static_cast<int>(urgency);
    }
    w.stop();
}

TEST(two_tasks, that_are_pushed_while_one_worker_searches_get_two_workers) {
    const world w = unwatched_world(3, 10s);  // one goes on searching, so the other has to be woken
    constexpr int rounds = 20;
    milestone ended;
    std::deque<turn> tasks;  // tasks without a thread run after this test's turn
    std::deque<milestone> met;
    bool together = true;
    turn busy{[&](turn&) {
        for (int i = 0; together && i < rounds; ++i) {
            milestone& both = met.emplace_back();
            const auto meets = [&both](turn&) {
                both.reach();
                both.wait_for(2, 5s);
            };
            turn& one = tasks.emplace_back(meets);
            turn& two = tasks.emplace_back(meets);
            eventually([] { return false; }, 2ms);  // until one searches and one sleeps
            w->enqueue_back(one);
            w->enqueue_back(two);
            together = both.wait_for(2, 5s);
        }
        ended.reach();
    }};
    w->enqueue(busy);
    w.start();
    EXPECT_TRUE(ended.wait_for(1, 4 * patience));
    w.stop();
    EXPECT_TRUE(together);
}

TEST(three_tasks, that_are_pushed_from_outside_while_one_worker_searches_get_three_workers) {
    const world w = unwatched_world(3, 10s);
    constexpr int rounds = 20;
    std::deque<turn> tasks;
    std::deque<milestone> met;
    bool together = true;
    w.start();
    for (int i = 0; together && i < rounds; ++i) {
        milestone& all = met.emplace_back();
        const auto meets = [&all](turn&) {
            all.reach();
            all.wait_for(3, 5s);
        };
        eventually([] { return false; }, 2ms);  // until one searches and the others sleep
        for (int k = 0; k < 3; ++k) {
            w->enqueue(tasks.emplace_back(meets));
        }
        together = all.wait_for(3, 5s);
    }
    w.stop();
    EXPECT_TRUE(together);
}

/// A turn that pushes tasks to its queue, one at a time, and waits for the turn of each. Every task is stolen, and no
/// steal pays.
void expect_that_each_task_is_stolen(unsigned workers, std::chrono::nanoseconds pause) {
    SCOPED_TRACE(workers);
    const world w = unwatched_world(workers);
    constexpr int rounds = 20;
    milestone ended;
    std::deque<milestone> ran;
    std::deque<turn> tasks;
    int stolen = 0;
    turn busy{[&](turn&) {
        for (int i = 0; i < rounds && stolen == i; ++i) {
            milestone& next = ran.emplace_back();
            w->enqueue_back(tasks.emplace_back([&next](turn&) { next.reach(); }));
            w->enqueue_back(tasks.emplace_back([](turn&) {}));  // now both are in the queue
            stolen += next.wait_for(1, 5s) ? 1 : 0;
            eventually([] { return false; }, pause);
        }
        ended.reach();
    }};
    w->enqueue(busy);
    w.start();
    EXPECT_TRUE(ended.wait_for(1, 4 * patience));
    w.stop();
    EXPECT_EQ(stolen, rounds);
}

TEST(a_worker_whose_steals_do_not_pay, still_takes_each_task_behind_a_long_turn) {
    for (const unsigned workers : {2U, 3U}) {
        expect_that_each_task_is_stolen(workers, 0us);
    }
}

TEST(a_worker_whose_steals_do_not_pay, is_woken_by_a_push_when_the_looks_are_over) {
    expect_that_each_task_is_stolen(2, 2 * steal_backoff::looks_max * steal_backoff::longest_pause);
}

void work_for(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

TEST(a_task, pushed_while_a_worker_falls_asleep_is_taken) {
    constexpr auto spin = 50us;
    const world w = unwatched_world(2, spin);
    constexpr int rounds = 10000;
    milestone ended;
    std::deque<turn> tasks;
    std::atomic<int> taken{0};
    bool all_taken = true;
    turn busy{[&](turn&) {
        for (int i = 1; all_taken && i <= rounds; ++i) {
            for (int k = 0; k < 2; ++k) {  // so that both are in the queue
                w->enqueue_back(tasks.emplace_back([&](turn&) {
                    work_for(2 * steal_backoff::long_turn);  // the steal pays
                    ++taken;
                }));
            }
            // If a thief takes the first one before the second is there, the second is in the slot until the next round.
            all_taken = eventually([&] { return taken == 2 * i; }, 1ms) ||
                        eventually([&] { return taken >= 2 * i - 1; });
            work_for(spin - 5us + 100ns * (i % 150));  // around the moment of falling asleep
        }
        ended.reach();
    }};
    w->enqueue(busy);
    w.start();
    EXPECT_TRUE(ended.wait_for(1, 4 * patience));
    w.stop();
    EXPECT_TRUE(all_taken);
}

/// Two tasks that wake each other on one scheduler thread. `moves` counts moves to another thread.
struct talking_pair {
    explicit talking_pair(const world& in) : w{in} {}

    void talk(turn& other) {
        const unsigned now = w->local_lane();
        moves += now == lane.exchange(now) ? 0 : 1;
        if (stop) {
            ended.reach();
            return;
        }
        w->enqueue(other);
        for (int i = 0; i < 200; ++i) {  // time for a thief to come by while the slot is full
            lane.load();
        }
    }

    const world& w;
    std::atomic<unsigned> lane{0};
    std::atomic<int> moves{0};
    std::atomic<bool> stop{false};
    milestone ended;
    turn* second = nullptr;
    turn one{[this](turn&) { talk(*second); }};
    turn two{[this](turn&) { talk(one); }};
};

/// The busy time of a sleeping thread stands still.
bool one_sleeps_that_was_up_since(const world& w, const std::vector<lane_view>& before) {
    const std::vector<lane_view> first = w->look_at_lanes();
    const std::vector<lane_view> second = w->look_at_lanes();
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i].busy == second[i].busy && first[i].busy > before[i].busy) {
            return true;
        }
    }
    return false;
}

TEST(a_thief, steals_no_task_of_a_talking_pair_on_a_worker_that_makes_progress) {
    const world w = unwatched_world(2, 1ms);
    talking_pair pair{w};
    pair.second = &pair.two;
    w.start();
    w->enqueue(pair.one);
    // A scheduler thread preempted by the operating system looks stuck, hence many tries.
    bool undisturbed = false;
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!undisturbed && std::chrono::steady_clock::now() < give_up) {
        const int before = pair.moves;
        for (int pokes = 0; pokes < 5; ++pokes) {
            const std::vector<lane_view> lanes = w->look_at_lanes();
            milestone ran;
            turn poke{[&](turn&) { ran.reach(); }};
            w->enqueue(poke);
            ASSERT_TRUE(ran.wait_for(1));
            // The woken thread has looked around, found nothing to steal, and fallen asleep.
            ASSERT_TRUE(eventually([&] { return one_sleeps_that_was_up_since(w, lanes); }));
        }
        undisturbed = pair.moves == before;
    }
    EXPECT_TRUE(undisturbed);
    pair.stop = true;
    EXPECT_TRUE(pair.ended.wait_for(1));
    w.stop();
}

TEST(a_spare, lets_idle_workers_steal_from_its_queue) {
    constexpr unsigned spare_lane = 2;
    const world w{2, 50us, 1};
    milestone may_end;
    turn lost{[&](turn&) { may_end.wait_for(1, 4 * patience); }};
    w.start();
    w->enqueue(lost);
    ASSERT_TRUE(w.heard->stuck.wait_for(1));
    std::deque<turn> turns;  // the sentinel may look at each until the end
    bool stolen = false;
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!stolen && std::chrono::steady_clock::now() < give_up) {
        std::atomic<bool> spare_works{false};
        std::atomic<bool> worker_is_idle{false};
        milestone visited;
        // The remaining scheduler thread keeps its visitor until the spare has the other one.
        const auto visit = [&](turn&) {
            const auto begun = std::chrono::steady_clock::now();
            if (w->local_lane() != spare_lane) {
                eventually([&] { return spare_works.load(); }, 10ms);
                worker_is_idle = true;
                visited.reach();
                return;
            }
            spare_works = true;
            eventually([&] { return worker_is_idle.load(); }, 10ms);
            std::atomic<bool> ran{false};
            milestone both;
            w->enqueue_back(turns.emplace_back([&](turn&) { both.reach(); }));
            w->enqueue_back(turns.emplace_back([&](turn&) {
                ran = true;
                both.reach();
            }));
            // Less than the time for the sentinel to see this turn twice and serve the tasks behind.
            stolen = eventually([&] { return ran.load(); }, 1ms) &&
                     std::chrono::steady_clock::now() - begun < 2ms;
            both.wait_for(2);
            visited.reach();
        };
        turn& one = turns.emplace_back(visit);
        turn& two = turns.emplace_back(visit);
        w->enqueue(one);
        w->enqueue(two);
        ASSERT_TRUE(visited.wait_for(2));
    }
    EXPECT_TRUE(stolen);
    may_end.reach();
    w.stop();
}

/// A spare goes home after a turn in which `wake` has enqueued two tasks. The returned scheduler thread
/// always has work of its own. Both tasks have to run.
template <class Wake>
void expect_that_a_spare_hands_over(Wake wake) {
    const world w{1, 50us, 1};
    std::atomic<bool> stop{false};
    milestone busy_ended;
    milestone may_end;
    milestone ran;
    turn one{[&](turn&) { ran.reach(); }};
    turn two{[&](turn&) { ran.reach(); }};
    turn busy{[&](turn& me) { stop ? busy_ended.reach() : w->enqueue_back(me); }};
    turn waker{[&](turn&) {
        w->enqueue(busy);  // taken by the returning thread, which then has no time to steal
        may_end.reach();
        w.heard->ended.wait_for(1);
        eventually([] { return false; }, 20ms);  // until the sentinel sends this spare home
        wake(w, one, two);
    }};
    turn lost{[&](turn&) { may_end.wait_for(1, 4 * patience); }};
    w.start();
    w->enqueue(lost);
    ASSERT_TRUE(w.heard->stuck.wait_for(1));
    w->enqueue(waker);
    EXPECT_TRUE(ran.wait_for(2));
    stop = true;
    EXPECT_TRUE(busy_ended.wait_for(1));
    w.stop();
}

TEST(a_spare, that_retires_hands_over_the_tasks_that_its_last_turn_woke) {
    expect_that_a_spare_hands_over([](const world& w, turn& one, turn& two) {
        w->enqueue(one);
        w->enqueue(two);  // `two` is in the slot, `one` in the queue
    });
}

TEST(a_spare, that_retires_hands_over_all_tasks_of_its_queue) {
    expect_that_a_spare_hands_over([](const world& w, turn& one, turn& two) {
        w->enqueue_back(one);
        w->enqueue_back(two);
    });
}

TEST(the_sentinel, sleeps_again_when_all_threads_are_parked_after_the_use_of_a_spare) {
    const world w{2, 50us, 1};
    milestone may_end;
    milestone ran;
    turn lost{[&](turn&) { may_end.wait_for(1, 4 * patience); }};
    turn other{[&](turn&) { ran.reach(); }};
    w.start();
    ASSERT_TRUE(eventually([&] { return w->is_at_rest(); }));
    w->enqueue(lost);
    ASSERT_TRUE(w.heard->stuck.wait_for(1));
    EXPECT_FALSE(w->is_at_rest());
    w->enqueue(other);
    EXPECT_TRUE(ran.wait_for(1));
    may_end.reach();
    EXPECT_TRUE(w.heard->ended.wait_for(1));
    EXPECT_TRUE(eventually([&] { return w->is_at_rest(); }));
    w.stop();
}

}  // namespace
}  // namespace coppice::sched
