// SPDX-License-Identifier: Apache-2.0
// Real threads. Every wait has an end, so that a lost task fails a test instead of hanging. A scheduler stops
// before the destruction of the tasks: until then the sentinel may look at a task.

#include "sched/thread_scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/watched_scheduler.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::milestone;
using test::patience;
using test::reaching;
using test::turn;
using world = test::watched_scheduler;

constexpr unsigned sizes[] = {1, 2, 4};

TEST(thread_scheduler, runs_tasks_only_after_the_start) {
    milestone ran;
    turn task{[&](turn&) { ran.reach(); }};
    const world w{2};
    w->enqueue(task);
    EXPECT_EQ(task.turns(), 0);
    w.start();
    EXPECT_TRUE(ran.wait_for(1));
}

TEST(thread_scheduler, has_a_shard_for_each_worker_and_at_least_one) {
    EXPECT_EQ(world{0} -> shard_count(), 1U);
    EXPECT_EQ(world{1} -> shard_count(), 1U);
    EXPECT_EQ(world{5} -> shard_count(), 5U);
    EXPECT_EQ(world{5} -> local_shard(), 0U);
}

TEST(thread_scheduler, runs_each_task_once_that_several_threads_enqueue) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        constexpr std::size_t threads = 3;
        constexpr std::size_t tasks_each = 3000;
        std::atomic<std::size_t> ran{0};
        std::deque<turn> tasks;
        for (std::size_t i = 0; i < threads * tasks_each; ++i) {
            tasks.emplace_back([&](turn&) { ++ran; });
        }
        const world w{workers};
        w.start();
        std::vector<std::thread> outside;
        for (std::size_t t = 0; t < threads; ++t) {
            outside.emplace_back([&, t] {
                for (std::size_t i = 0; i < tasks_each; ++i) {
                    turn& task = tasks[t * tasks_each + i];
                    i % 2 == 0 ? w->enqueue(task) : w->enqueue_back(task);
                }
            });
        }
        for (std::thread& each : outside) {
            each.join();
        }
        EXPECT_TRUE(eventually([&] { return ran == tasks.size(); }));
        EXPECT_EQ(w.stop(), 0U);
        for (const turn& each : tasks) {
            ASSERT_EQ(each.turns(), 1);
        }
    }
}

TEST(thread_scheduler, loses_none_of_many_tasks_that_yield_repeatedly) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        constexpr int turns_each = 200;
        const world w{workers};
        milestone done;
        std::deque<turn> tasks;
        for (int i = 0; i < 100; ++i) {
            tasks.emplace_back(
                [&](turn& me) { me.turns() < turns_each ? w->enqueue_back(me) : done.reach(); });
        }
        w.start();
        for (turn& each : tasks) {
            w->enqueue(each);
        }
        EXPECT_TRUE(done.wait_for(100));
        EXPECT_EQ(w.stop(), 0U);
        for (const turn& each : tasks) {
            EXPECT_EQ(each.turns(), turns_each);
            EXPECT_TRUE(each.turns_were_ordered());
        }
    }
}

TEST(thread_scheduler, runs_all_tasks_that_one_turn_wakes_beyond_the_capacity_of_its_ring) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        constexpr int count = 3 * static_cast<int>(run_queue::capacity);
        milestone ran;
        std::deque<turn> woken;
        for (int i = 0; i < count; ++i) {
            woken.emplace_back([&](turn&) { ran.reach(); });
        }
        const world w{workers};
        turn waker{[&](turn&) {
            for (turn& each : woken) {
                w->enqueue(each);
            }
        }};
        w.start();
        w->enqueue(waker);
        EXPECT_TRUE(ran.wait_for(count));
        EXPECT_EQ(w.stop(), 0U);
        EXPECT_EQ(ran.count(), count);
    }
}

TEST(thread_scheduler, runs_a_waiting_task_between_two_tasks_that_wake_each_other_for_ever) {
    const world w{1};
    std::atomic<bool> stop{false};
    milestone ran;
    turn* ping = nullptr;
    turn* pong = nullptr;
    turn first{[&](turn&) { stop ? ran.reach() : w->enqueue(*pong); }};
    turn second{[&](turn&) { stop ? ran.reach() : w->enqueue(*ping); }};
    ping = &first;
    pong = &second;
    turn waiting{[&](turn&) { stop = true; }};
    turn begin{[&](turn&) {
        w->enqueue_back(waiting);
        w->enqueue(first);
    }};
    w.start();
    w->enqueue(begin);
    EXPECT_TRUE(ran.wait_for(1));
    EXPECT_EQ(waiting.turns(), 1);
    EXPECT_GT(first.turns() + second.turns(), 2);  // but the two kept the thread for a while
    w.stop();
}

TEST(thread_scheduler, gives_a_task_repeated_turns_beside_two_tasks_that_wake_each_other_for_ever) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        const world w{workers};
        std::atomic<bool> stop{false};
        milestone ended;
        turn* ping = nullptr;
        turn* pong = nullptr;
        turn first{[&](turn&) { stop ? ended.reach() : w->enqueue(*pong); }};
        turn second{[&](turn&) { stop ? ended.reach() : w->enqueue(*ping); }};
        ping = &first;
        pong = &second;
        turn tired{[&](turn& me) {
            if (me.turns() < 100) {
                w->enqueue_back(me);
            } else {
                stop = true;
            }
        }};
        turn begin{[&](turn&) {
            w->enqueue_back(tired);
            w->enqueue(first);
        }};
        w.start();
        w->enqueue(begin);
        ASSERT_TRUE(ended.wait_for(1));
        w.stop();
        EXPECT_EQ(tired.turns(), 100);
        EXPECT_TRUE(tired.turns_were_ordered());
    }
}

TEST(thread_scheduler, keeps_a_yielding_task_on_its_thread_when_no_task_waits) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        constexpr int turns = 20'000;
        const world w{workers};
        milestone done;
        std::thread::id here;
        int moves = 0;
        turn tired{[&](turn& me) {
            const auto before = std::exchange(here, std::this_thread::get_id());
            moves += before != here ? 1 : 0;
            me.turns() < turns ? w->enqueue_back(me) : done.reach();
        }};
        w.start();
        w->enqueue(tired);
        ASSERT_TRUE(done.wait_for(1));
        w.stop();
        EXPECT_LT(moves, turns / 20);  // some moves if the thread is held up
        EXPECT_TRUE(workers > 1 || moves == 1);
    }
}

TEST(thread_scheduler, runs_yielding_tasks_in_round_robin_order) {
    const world w{1};
    std::vector<char> order;
    milestone done;
    std::deque<turn> tasks;
    for (const char name : {'a', 'b', 'c'}) {
        tasks.emplace_back([&, name](turn& me) {
            order.push_back(name);
            me.turns() < 3 ? w->enqueue_back(me) : done.reach();
        });
    }
    turn begin{[&](turn&) {
        for (turn& each : tasks) {
            w->enqueue_back(each);
        }
    }};
    w->enqueue(begin);
    w.start();
    ASSERT_TRUE(done.wait_for(3));
    w.stop();
    EXPECT_EQ(std::string(order.begin(), order.end()), "abcabcabc");
}

TEST(thread_scheduler, runs_woken_before_yielded_tasks_and_yielded_before_later_ones) {
    const world w{1};
    std::string order;
    milestone done;
    turn last{[&](turn&) {
        order += "last ";
        done.reach();
    }};
    turn third{[&](turn&) { order += "third "; }};
    turn second{[&](turn&) {
        order += "second ";
        w->enqueue(last);
        w->enqueue(third);
    }};
    turn tired{[&](turn& me) {
        order += "tired ";
        if (me.turns() == 1) {
            w->enqueue(second);
            w->enqueue_back(me);
        }
    }};
    w->enqueue(tired);
    w.start();
    ASSERT_TRUE(done.wait_for(1));
    w.stop();
    EXPECT_EQ(order, "tired second third tired last ");
}

TEST(thread_scheduler, takes_in_tasks_from_outside_while_a_worker_always_has_its_own) {
    const world w{1};
    std::atomic<bool> stop{false};
    milestone ended;
    turn own{[&](turn& me) { stop ? ended.reach() : w->enqueue_back(me); }};
    turn outside{[&](turn&) { stop = true; }};
    w.start();
    w->enqueue(own);
    ASSERT_TRUE(eventually([&] { return own.turns() > 100; }));
    w->enqueue(outside);
    EXPECT_TRUE(ended.wait_for(1));
    w.stop();
}

TEST(thread_scheduler, has_a_lane_for_each_worker_and_each_spare) {
    const world w{2, 50us, 3};
    EXPECT_EQ(w->shard_count(), 2U);
    EXPECT_EQ(w->lane_count(), 5U);
    EXPECT_EQ(w->local_lane(), scheduler::no_lane);
}

TEST(thread_scheduler, runs_high_priority_tasks_first_and_low_priority_tasks_last) {
    const world w{1};
    std::vector<rank> order;
    milestone ran;
    std::deque<turn> tasks;
    const auto note = [&](rank urgency) {
        tasks.emplace_back([&, urgency](turn&) {
            order.push_back(urgency);
            ran.reach();
        });
        tasks.back().urgency = urgency;
    };
    for (const rank each : {rank::low, rank::normal, rank::high, rank::max, rank::max}) {
        note(each);
    }
    turn begin{[&](turn&) {
        for (turn& each : tasks) {
            w->enqueue(each);
        }
    }};
    w->enqueue(begin);
    w.start();
    ASSERT_TRUE(ran.wait_for(5));
    w.stop();
    EXPECT_EQ(order, (std::vector{rank::max, rank::max, rank::high, rank::normal, rank::low}));
}

TEST(thread_scheduler, gives_low_priority_tasks_turns_beside_a_task_that_always_has_work) {
    const world w{1};
    std::atomic<bool> stop{false};
    milestone ended;
    turn busy{[&](turn& me) { stop ? ended.reach() : w->enqueue_back(me); }};
    turn patient{[&](turn& me) {
        if (me.turns() == 10) {
            stop = true;
        } else {
            w->enqueue_back(me);
        }
    }};
    patient.urgency = rank::low;
    w.start();
    w->enqueue(busy);
    w->enqueue(patient);
    ASSERT_TRUE(ended.wait_for(1));
    w.stop();
    EXPECT_GT(busy.turns(), 4 * patient.turns());
}

/// Two tasks that wake each other until `stop`.
class exchange {
  public:
    exchange(const world& w, rank urgency, const std::atomic<bool>& stop)
        : first_{[&w, &stop, this](turn&) { stop ? void() : w->enqueue(second_); }},
          second_{[&w, &stop, this](turn&) { stop ? void() : w->enqueue(first_); }} {
        first_.urgency = second_.urgency = urgency;
    }
    turn& first() { return first_; }

  private:
    turn first_;
    turn second_;
};

TEST(thread_scheduler, takes_in_a_task_from_outside_while_normal_and_low_tasks_wake_each_other) {
    std::atomic<bool> stop{false};
    const world w{1};
    exchange normal{w, rank::normal, stop};
    exchange low{w, rank::low, stop};
    milestone ran;
    turn outside{[&](turn&) { ran.reach(); }};
    w.start();
    w->enqueue(normal.first());
    w->enqueue(low.first());
    w->enqueue(outside);
    EXPECT_TRUE(ran.wait_for(1));
    stop = true;
    w.stop();
}

TEST(thread_scheduler, wakes_a_sleeping_worker_for_each_task_from_outside) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        const world w{workers, 0us};
        w.start();
        milestone ran;
        std::deque<turn> tasks;
        for (int i = 1; i <= 1000; ++i) {
            tasks.emplace_back([&](turn&) { ran.reach(); });
            w->enqueue(tasks.back());
            ASSERT_TRUE(ran.wait_for(i));
        }
        w.stop();
    }
}

TEST(thread_scheduler, sleeps_until_its_next_timer_and_wakes_for_an_earlier_one) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        const world w{workers, 0us};
        w.start();
        milestone late;
        milestone early;
        const auto add = [&](std::chrono::nanoseconds after, milestone& reached) {
            w->timers(0).add(w->clock().now() + after, 0, std::make_unique<reaching>(reached));
            w->timer_added(0);
        };
        add(std::chrono::hours{1}, late);
        for (int i = 1; i <= 20; ++i) {
            add(1ms, early);
            ASSERT_TRUE(early.wait_for(i));
        }
        EXPECT_EQ(late.count(), 0);
    }
}

TEST(thread_scheduler, runs_ready_tasks_while_many_timers_are_due) {
    constexpr int count = 10'000;
    const world w{1};
    milestone fired;
    int fired_before = -1;
    turn woken{[&](turn&) { fired_before = fired.count(); }};
    turn setting{[&](turn&) {
        for (int i = 0; i < count; ++i) {
            w->timers(0).add(0ns, 0, std::make_unique<reaching>(fired));
        }
        w->enqueue(woken);
    }};
    w->enqueue_back(setting);
    w.start();
    ASSERT_TRUE(fired.wait_for(count));
    w.stop();
    EXPECT_GT(fired_before, -1);
    EXPECT_LT(fired_before, count);
}

TEST(thread_scheduler, distinguishes_its_own_workers_from_those_of_another_scheduler) {
    const world one{1};
    const world other{3};
    milestone ran;
    std::thread::id where_asked;
    std::thread::id where_run;
    turn there{[&](turn&) {
        where_run = std::this_thread::get_id();
        ran.reach();
    }};
    turn here{[&](turn&) {
        where_asked = std::this_thread::get_id();
        EXPECT_EQ(other->local_shard(), 0U);
        other->enqueue(there);
        ran.reach();
    }};
    one.start();
    other.start();
    one->enqueue(here);
    EXPECT_TRUE(ran.wait_for(2));
    EXPECT_NE(where_asked, where_run);
}

TEST(thread_scheduler, stops_without_having_been_started_and_twice) {
    const world never_started{2};
    EXPECT_EQ(never_started.stop(), 0U);
    const world w{2};
    w.start();
    EXPECT_EQ(w.stop(), 0U);
    EXPECT_EQ(w.stop(), 0U);
}

TEST(thread_scheduler, stops_while_tasks_yield_to_each_other) {
    for (int round = 0; round < 20; ++round) {
        std::deque<turn> tasks;
        const world w{3};
        for (int i = 0; i < 10; ++i) {
            tasks.emplace_back([&](turn& me) { w->enqueue_back(me); });
        }
        w.start();
        for (turn& each : tasks) {
            w->enqueue(each);
        }
        EXPECT_EQ(w.stop(), 0U);
    }
}

TEST(thread_scheduler, stops_while_two_tasks_wake_each_other_for_ever) {
    const std::atomic<bool> never{false};
    const world w{1};
    exchange both{w, rank::normal, never};
    w.start();
    w->enqueue(both.first());
    EXPECT_TRUE(eventually([&] { return both.first().turns() > 100; }));
    EXPECT_EQ(w.stop(), 0U);
}

TEST(thread_scheduler,
     leaves_a_stuck_worker_behind_without_further_turns_and_keeps_its_resources_alive) {
    struct kept {
        milestone started;
        milestone may_end;
        int turns_after_the_stop = 0;
        turn late{[this](turn&) { ++turns_after_the_stop; }};
        turn endless{[this](turn&) {
            started.reach();
            may_end.wait_for(1);
            scheduler.enqueue(late);
        }};
        thread_scheduler scheduler{{2, 50us}};
        ~kept() { EXPECT_EQ(turns_after_the_stop, 0); }
    };
    auto everything = std::make_shared<kept>();
    const std::weak_ptr<kept> watched = everything;
    everything->scheduler.start(everything);
    everything->scheduler.enqueue(everything->endless);
    ASSERT_TRUE(everything->started.wait_for(1));
    EXPECT_EQ(everything->scheduler.stop(std::chrono::steady_clock::now() + 500ms), 1U);
    kept* behind = everything.get();
    everything.reset();
    EXPECT_FALSE(watched.expired());
    behind->may_end.reach();
    EXPECT_TRUE(eventually([&] { return watched.expired(); }));
}

}  // namespace
}  // namespace coppice::sched
