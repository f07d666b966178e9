// SPDX-License-Identifier: Apache-2.0
// Watches the workers, from a thread of its own that does nothing else. Every `tick` it looks at
// each one's turn:
//
//     it has lasted       what happens
//     one tick            the turn is to end as soon as it can; its timers are fired for it, and
//                         what waits behind it goes to the queue that all share
//     `overrun_after`     it is reported, and a spare worker stands in for the lost one
//     and from then on    the signals of whoever runs are looked after
//
// While all workers sleep, so does it.
//
// Threads    The scheduler's owner starts and stops it, any worker wakes it.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/run_queue.hpp"

namespace coppice::sched {

class worker_scheduler;
struct worker;

class sentinel {
  public:
    sentinel(worker_scheduler& watched, std::chrono::nanoseconds overrun_after);
    ~sentinel();
    sentinel(const sentinel&) = delete;
    sentinel& operator=(const sentinel&) = delete;

    void start();
    void stop();

    /// Whether this is its thread.
    bool is_own_thread() const noexcept { return watching == this; }

    /// A worker that gets up calls it before its turn.
    void wake_if_asleep() noexcept {
        if (asleep_.load(std::memory_order_seq_cst)) {
            wake();
        }
    }

    /// Until a worker gets up; any thread.
    bool is_asleep() const noexcept { return asleep_.load(std::memory_order_relaxed); }

  private:
    /// A worker's turn as it was when it was looked at.
    struct sight {
        std::uint64_t turn = 0;
        runnable* whose = nullptr;
        std::chrono::nanoseconds since{0};
        bool hurried = false;
        bool overran = false;
        bool is_told = false;  ///< To the listener.
    };

    static thread_local const sentinel* watching;

    void watch();
    void sleep(std::unique_lock<std::mutex>& lock);
    void look_at_all();
    void look_at(worker& each, sight& last);
    void tell_of(const worker& each, sight& last);
    void serve_others(worker& behind);
    void keep_spares(unsigned lost);
    void wake() noexcept;

    worker_scheduler& watched_;
    const std::chrono::nanoseconds overrun_after_;
    const std::chrono::nanoseconds tick_;
    std::vector<sight> sights_;
    run_queue rescued_;  ///< Empty but for the moment in which it is filled.
    unsigned quiet_ticks_ = 0;
    bool out_of_spares_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;  ///< Guarded by mutex_.
    bool notified_ = false;  ///< Guarded by mutex_.
    std::atomic<bool> asleep_{false};
    std::thread thread_;
};

}  // namespace coppice::sched
