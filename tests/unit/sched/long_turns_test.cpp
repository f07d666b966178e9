// SPDX-License-Identifier: Apache-2.0
// Real threads. Every wait has an end, so that a lost task fails a test instead of hanging. A scheduler stops
// before the destruction of the tasks: until then the sentinel may look at a task.

#include "sched/thread_scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>

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

TEST(thread_scheduler, lets_another_worker_steal_a_task_queued_behind_a_long_turn) {
    const world w{2};
    milestone stolen;
    bool in_time = false;
    milestone done;
    turn waiting{[&](turn&) { stolen.reach(); }};
    turn busy{[&](turn&) {
        w->enqueue_back(waiting);
        in_time = stolen.wait_for(1);
        done.reach();
    }};
    w.start();
    w->enqueue(busy);
    EXPECT_TRUE(done.wait_for(1, 2 * patience));
    EXPECT_TRUE(in_time);
    w.stop();
}

/// Leaves all scheduler threads without work and asleep, as in an idle program.
void let_sleep(const world& w) {
    milestone ran;
    turn last{[&](turn&) { ran.reach(); }};
    w->enqueue(last);
    ASSERT_TRUE(ran.wait_for(1));
    // A sleeping thread is invisible from outside; many watch intervals have to do.
    milestone nothing;
    EXPECT_FALSE(nothing.wait_for(1, 30ms));
}

TEST(thread_scheduler, lets_another_worker_run_the_task_that_a_long_turn_woke_last) {
    for (const bool idle_before : {false, true}) {
        SCOPED_TRACE(idle_before ? "after all slept" : "at once");
        const world w{2};
        milestone stolen;
        bool in_time = false;
        milestone done;
        turn woken{[&](turn&) { stolen.reach(); }};
        turn busy{[&](turn&) {
            w->enqueue(woken);  // next in line here, but this turn does not end
            in_time = stolen.wait_for(1, 5s);
            done.reach();
        }};
        w.start();
        if (idle_before) {
            let_sleep(w);
        }
        w->enqueue(busy);
        EXPECT_TRUE(done.wait_for(1));
        EXPECT_TRUE(in_time);
        w.stop();
    }
}

TEST(thread_scheduler, fires_the_timers_of_a_worker_that_is_in_a_long_turn) {
    for (const bool idle_before : {false, true}) {
        SCOPED_TRACE(idle_before ? "after all slept" : "at once");
        const world w{2};
        milestone fired;
        bool in_time = false;
        milestone done;
        turn busy{[&](turn&) {
            const unsigned shard = w->local_shard();
            w->timers(shard).add(w->clock().now() + 1ms, 0, std::make_unique<reaching>(fired));
            w->timer_added(shard);
            in_time = fired.wait_for(1, 5s);
            done.reach();
        }};
        w.start();
        if (idle_before) {
            let_sleep(w);
        }
        w->enqueue(busy);
        EXPECT_TRUE(done.wait_for(1));
        EXPECT_TRUE(in_time);
        w.stop();
    }
}

TEST(thread_scheduler, fires_the_timers_behind_a_long_turn_whenever_another_worker_wakes) {
    thread_scheduler w{{2, 50us}};  // without a sentinel
    milestone fired;
    milestone done;
    bool in_time = false;
    turn busy{[&](turn&) {
        const unsigned shard = w.local_shard();
        w.timers(shard).add(w.clock().now() + 1ms, 0, std::make_unique<reaching>(fired));
        in_time = fired.wait_for(1);
        done.reach();
    }};
    std::deque<turn> visits;
    w.start(nullptr);
    w.enqueue(busy);
    eventually([&] {
        w.enqueue(visits.emplace_back());
        return fired.count() > 0;
    });
    EXPECT_TRUE(done.wait_for(1, 2 * patience));
    EXPECT_TRUE(in_time);
    EXPECT_EQ(w.stop(std::chrono::steady_clock::now() + patience), 0U);
}

/// The threads for tasks behind a turn without an end.
struct elsewhere {
    const char* name;
    unsigned workers;
    unsigned spares;
    bool busy;  ///< The other threads always have work.
};

TEST(thread_scheduler, lets_other_threads_run_all_tasks_queued_behind_a_long_turn) {
    for (const auto& [name, workers, spares, busy] :
         {elsewhere{"an idle worker", 2, 0, false}, elsewhere{"a busy worker", 2, 0, true},
          elsewhere{"a spare", 1, 1, false}}) {
        SCOPED_TRACE(name);
        const world w{workers, 50us, spares};
        std::atomic<bool> stop{false};
        milestone ran;
        milestone ended;
        bool in_time = false;
        turn tired{[&](turn&) { ran.reach(); }};
        turn woken{[&](turn&) { ran.reach(); }};
        turn displaced{[&](turn&) { ran.reach(); }};
        turn always{[&](turn& me) { stop ? ended.reach() : w->enqueue_back(me); }};
        turn lost{[&](turn&) {
            EXPECT_TRUE(eventually([&] { return !busy || always.turns() > 0; }));
            w->enqueue_back(tired);
            w->enqueue(displaced);
            w->enqueue(woken);
            in_time = ran.wait_for(3);
            stop = true;
            ended.reach();
        }};
        w->enqueue(lost);
        if (busy) {
            w->enqueue(always);
        }
        w.start();
        ASSERT_TRUE(ended.wait_for(busy ? 2 : 1, 2 * patience));
        w.stop();
        EXPECT_TRUE(in_time);
    }
}

TEST(thread_scheduler, lets_an_idle_worker_take_all_tasks_queued_behind_an_unwatched_long_turn) {
    thread_scheduler w{{2, 50us}};
    constexpr int rounds = 20;  // such short steals do not pay, and are put off from the second on
    milestone done;
    std::atomic<int> ran{0};
    bool in_time = true;
    turn tired{[&](turn&) { ++ran; }};
    turn woken{[&](turn&) { ++ran; }};
    turn displaced{[&](turn&) { ++ran; }};
    turn lost{[&](turn&) {
        for (int i = 1; in_time && i <= rounds; ++i) {
            w.enqueue_back(tired);
            w.enqueue(displaced);
            w.enqueue(woken);  // `displaced` wakes the thread that takes all
            in_time = eventually([&] { return ran == 3 * i; });
        }
        done.reach();
    }};
    w.start(nullptr);
    w.enqueue(lost);
    EXPECT_TRUE(done.wait_for(1, 2 * patience));
    EXPECT_EQ(w.stop(std::chrono::steady_clock::now() + patience), 0U);
    EXPECT_TRUE(in_time);
}

TEST(thread_scheduler, leaves_no_task_with_a_retired_spare) {
    constexpr unsigned nowhere = 99;
    const world w{1, 50us, 1};  // lane 0: regular thread, lane 1: spare
    std::atomic<bool> stop{false};
    std::atomic<unsigned> here{nowhere};
    std::atomic<unsigned> where_lost{nowhere};
    milestone may_end;
    milestone ended;
    turn tired{[&](turn& me) {
        here = w->local_lane();
        stop ? ended.reach() : w->enqueue_back(me);
    }};
    turn lost{[&](turn&) {
        where_lost = w->local_lane();
        may_end.wait_for(1);
    }};
    w.start();
    w->enqueue(tired);
    w->enqueue(lost);
    EXPECT_TRUE(eventually([&] { return where_lost != nowhere && here == 1 - where_lost; }));
    may_end.reach();
    EXPECT_TRUE(eventually([&] { return here == 0U; }));
    stop = true;
    EXPECT_TRUE(ended.wait_for(1));
    w.stop();
}

TEST(thread_scheduler, reports_a_stuck_turn_once_and_its_end) {
    for (const unsigned workers : sizes) {
        SCOPED_TRACE(workers);
        const world w{workers};
        milestone may_end;
        turn lost{[&](turn&) { may_end.wait_for(1); }};
        w.start();
        w->enqueue(lost);
        ASSERT_TRUE(w.heard->stuck.wait_for(1));
        EXPECT_EQ(w.heard->last, &lost);
        EXPECT_TRUE(w.heard->out.wait_for(1));  // there is no spare
        EXPECT_EQ(w.heard->ended.count(), 0);
        may_end.reach();
        ASSERT_TRUE(w.heard->ended.wait_for(1));
        EXPECT_EQ(w.heard->stuck.count(), 1);
        w.stop();
    }
}

/// Blocks until the sentinel looks at this turn. Notes the number of reports of stuck turns so far.
struct looked_after_turn final : runnable {
    explicit looked_after_turn(const world& in) : w{in} {}
    void run_turn() noexcept override {
        looked.wait_for(1);
        ended.reach();
    }
    void serve_in_absence(std::chrono::nanoseconds) noexcept override {
        if (looked.count() == 0) {
            told = w.heard->stuck.count();
            looked.reach();
        }
    }

    const world& w;
    milestone looked;
    milestone ended;
    int told = 0;
};

TEST(thread_scheduler, reports_a_stuck_turn_before_its_process_is_looked_after) {
    const world w{1, 50us, 0, 4ms};
    looked_after_turn lost{w};
    w.start();
    w->enqueue(lost);
    EXPECT_TRUE(lost.ended.wait_for(1, 2 * patience));
    w.stop();
    EXPECT_EQ(lost.told, 1);
}

TEST(thread_scheduler,
     lets_a_spare_run_the_tasks_of_a_stuck_worker_and_retires_the_spare_afterwards) {
    const world w{1, 50us, 1};
    w.start();
    for (int round = 1; round <= 3; ++round) {
        milestone may_end;
        milestone ran;
        turn behind{[&](turn&) { ran.reach(); }};
        turn lost{[&](turn&) {
            w->enqueue(behind);
            may_end.wait_for(1);
        }};
        w->enqueue(lost);
        EXPECT_TRUE(ran.wait_for(1));  // by a new spare, or by the last one on its way home
        EXPECT_TRUE(w.heard->stuck.wait_for(round));
        may_end.reach();
        ASSERT_TRUE(w.heard->ended.wait_for(round));
    }
    EXPECT_EQ(w.heard->out.count(), 0);
    w.stop();
}

TEST(thread_scheduler, lets_a_busy_worker_run_a_task_queued_behind_a_long_turn) {
    const world w{2};
    std::atomic<bool> stop{false};
    milestone ended;
    milestone ran;
    bool in_time = false;
    turn behind{[&](turn&) { ran.reach(); }};
    turn busy{[&](turn& me) { stop ? ended.reach() : w->enqueue_back(me); }};
    turn lost{[&](turn&) {
        ASSERT_TRUE(eventually([&] { return busy.turns() > 0; }));
        w->enqueue_back(behind);
        in_time = ran.wait_for(1);
        stop = true;
    }};
    w->enqueue(lost);
    w->enqueue(busy);
    w.start();
    ASSERT_TRUE(ended.wait_for(1, 2 * patience));
    EXPECT_TRUE(in_time);
    w.stop();
}

TEST(thread_scheduler, lets_a_busy_worker_run_each_of_many_tasks_queued_behind_a_long_turn) {
    constexpr int many = 20;
    const world w{2};
    std::atomic<bool> stop{false};
    milestone ended;
    milestone ran;
    bool in_time = false;
    std::deque<turn> behind;
    for (int i = 0; i < many; ++i) {
        behind.emplace_back([&](turn&) { ran.reach(); });
    }
    turn busy{[&](turn& me) { stop ? ended.reach() : w->enqueue_back(me); }};
    turn lost{[&](turn&) {
        ASSERT_TRUE(eventually([&] { return busy.turns() > 0; }));
        for (turn& each : behind) {
            w->enqueue_back(each);
        }
        in_time = ran.wait_for(many);
        stop = true;
    }};
    w->enqueue(lost);
    w->enqueue(busy);
    w.start();
    ASSERT_TRUE(ended.wait_for(1, 2 * patience));
    EXPECT_TRUE(in_time);
    w.stop();
}

}  // namespace
}  // namespace coppice::sched
