// SPDX-License-Identifier: Apache-2.0
// Tests of the threads of the HTTP server.
//
// Goal    Simultaneous tasks run at the same time while threads are free, and no accepted task is lost.

#include "dashboard/threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>

#include "support/eventually.hpp"

namespace coppice::dashboard {
namespace {

using test::eventually;

TEST(dashboard_threads, run_two_tasks_concurrently) {
    for (int round = 0; round < 50; ++round) {
        std::atomic<bool> is_up{false};
        std::atomic<bool> second_is_done{false};
        std::atomic<bool> first_saw_it{false};
        threads all{2, 10};
        all.enqueue([&] { is_up = true; });
        ASSERT_TRUE(eventually([&] { return is_up.load(); }));
        eventually([] { return false; }, std::chrono::milliseconds{1});  // the thread waits again
        all.enqueue([&] { first_saw_it = eventually([&] { return second_is_done.load(); }); });
        all.enqueue([&] { second_is_done = true; });
        all.shutdown();
        ASSERT_TRUE(first_saw_it);
    }
}

TEST(dashboard_threads, run_no_more_tasks_at_once_than_their_number) {
    std::atomic<int> at_work{0};
    std::atomic<int> most{0};
    std::latch two_are_there{2};
    threads all{2, 100};
    for (int i = 0; i < 50; ++i) {
        all.enqueue([&, waits = i < 2] {
            const int now = ++at_work;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            if (waits) {
                two_are_there.arrive_and_wait();
            }
            --at_work;
        });
    }
    all.shutdown();
    EXPECT_EQ(most, 2);
}

TEST(dashboard_threads, finish_all_queued_tasks_on_shutdown) {
    std::atomic<int> done{0};
    threads all{1, 1000};
    for (int i = 0; i < 1000; ++i) {
        all.enqueue([&] { ++done; });
    }
    all.shutdown();
    EXPECT_EQ(done, 1000);
}

TEST(dashboard_threads, accept_tasks_whenever_their_queue_has_room) {
    std::atomic<int> done{0};
    threads all{1, 1};
    for (int i = 0; i < 1000; ++i) {
        all.enqueue([&] { ++done; });
    }
    all.shutdown();
    EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace coppice::dashboard
