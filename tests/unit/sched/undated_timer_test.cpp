// SPDX-License-Identifier: Apache-2.0
// Scheduler threads start the clock of undated timers. Real threads; every wait has an end.

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "sched/thread_scheduler.hpp"
#include "support/watched_scheduler.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::milestone;
using test::patience;
using test::reaching;
using test::turn;

class undated_timer : public ::testing::TestWithParam<unsigned> {
  protected:
    undated_timer() { scheduler->start(scheduler); }
    ~undated_timer() override { scheduler->stop(std::chrono::steady_clock::now() + 10s); }

    /// Adds the timer to the queue of the calling thread.
    void add(std::chrono::nanoseconds after) {
        const unsigned shard = scheduler->local_shard();
        scheduler->timers(shard).add_undated(after, 0, std::make_unique<reaching>(fired));
        scheduler->timer_added(shard);
    }

    std::shared_ptr<thread_scheduler> scheduler = std::make_shared<thread_scheduler>(
        thread_scheduler::settings{.workers = GetParam(), .spin = 0us});
    std::deque<turn> tasks;
    milestone fired;
};

TEST_P(undated_timer, set_by_a_task_fires_when_all_sleep_and_not_early) {
    for (int i = 1; i <= 20; ++i) {
        std::chrono::nanoseconds set{0};
        tasks.emplace_back([&](turn&) {
            set = scheduler->clock().now();
            add(1ms);
        });
        scheduler->enqueue(tasks.back());
        ASSERT_TRUE(fired.wait_for(i));
        EXPECT_GE(scheduler->clock().now(), set + 1ms);
    }
}

TEST_P(undated_timer, set_by_an_outside_thread_wakes_a_sleeping_worker) {
    for (int i = 1; i <= 20; ++i) {
        add(1ms);
        ASSERT_TRUE(fired.wait_for(i));
    }
}

TEST_P(undated_timer, is_dated_by_a_worker_before_the_worker_sleeps) {
    add(1h);
    EXPECT_TRUE(eventually([&] { return scheduler->timers(0).next_due() > 0ns; }));
    EXPECT_GT(scheduler->timers(0).next_due(), scheduler->clock().now());
    EXPECT_EQ(fired.count(), 0);
}

INSTANTIATE_TEST_SUITE_P(workers, undated_timer, ::testing::Values(1U, 2U, 4U),
                         ::testing::PrintToStringParamName());

TEST(undated_timers, of_a_worker_that_never_sleeps_begin_too) {
    const test::watched_scheduler scheduler{1};
    milestone never_fires;
    milestone done;
    int set = 0;
    turn busy{[&](turn& self) {
        time::timer_queue& timers = scheduler->here().timers;
        if (timers.next_due() > 0ns) {  // none is undated
            if (++set == 4) {
                done.reach();
                return;
            }
            timers.add_undated(1h, 0, std::make_unique<reaching>(never_fires));
        }
        scheduler->enqueue(self);
    }};
    scheduler->enqueue(busy);
    scheduler.start();
    EXPECT_TRUE(done.wait_for(1));
    EXPECT_EQ(never_fires.count(), 0);
}

TEST(undated_timers, of_a_worker_in_a_long_turn_are_begun_and_fired_by_another) {
    const test::watched_scheduler scheduler{2};
    scheduler.start();
    milestone fired;
    milestone done;
    bool in_time = false;
    turn busy{[&](turn&) {
        scheduler->timers(scheduler->local_shard())
            .add_undated(1ms, 0, std::make_unique<reaching>(fired));
        in_time = fired.wait_for(1);
        done.reach();
    }};
    scheduler->enqueue(busy);
    EXPECT_TRUE(done.wait_for(1, 2 * patience));
    EXPECT_TRUE(in_time);
}

}  // namespace
}  // namespace coppice::sched
