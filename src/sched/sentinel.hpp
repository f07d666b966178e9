// SPDX-License-Identifier: Apache-2.0
// Watchdog of the scheduler threads, on a thread of its own that does nothing else. Every `tick_`
// the sentinel checks the turn of each scheduler thread:
//
//     the turn has lasted    action
//     one tick               asks the turn to end, fires the timers of the scheduler thread, and
//                            moves the waiting runnables to the shared queue
//     `stuck_after`        reports the stuck turn; a spare stands in for the lost scheduler thread
//     and from then on       looks after the signals of the running process
//
// The sentinel sleeps while all scheduler threads sleep.
//
// Threads    The owner of the scheduler starts and stops the sentinel, any scheduler
//            thread wakes the sentinel.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/guarded.hpp"
#include "sched/run_queue.hpp"

namespace coppice::sched {

class thread_scheduler;
struct scheduler_thread;

class sentinel {
  public:
    sentinel(thread_scheduler& watched, std::chrono::nanoseconds stuck_after);
    ~sentinel();
    sentinel(const sentinel&) = delete;
    sentinel& operator=(const sentinel&) = delete;

    void start();
    void stop();

    /// Whether the calling thread is the sentinel.
    bool is_own_thread() const noexcept { return watching == this; }

    /// Called by a scheduler thread that wakes up, before its next turn.
    void wake_if_asleep() noexcept {
        // Dekker, see sentinel::sleep().
        if (asleep_.load(std::memory_order_seq_cst)) {
            wake();
        }
    }

    /// Whether the sentinel sleeps until a scheduler thread wakes up; any thread.
    bool is_asleep() const noexcept { return asleep_.load(std::memory_order_relaxed); }

  private:
    /// The turn of a scheduler thread at the last look.
    struct observation {
        std::uint64_t turn = 0;
        runnable* whose = nullptr;
        std::chrono::nanoseconds since{0};
        bool asked_to_yield = false;
        bool is_stuck = false;
        bool is_reported = false;  ///< The listener has been told.
    };

    static thread_local const sentinel* watching;

    void watch();
    void sleep(platform::unique_lock& lock) COPPICE_REQUIRES(mutex_);
    void check_all();
    void check_turn(scheduler_thread& each, observation& last);
    void report_stuck_turn(const scheduler_thread& each, observation& last);
    void redistribute(scheduler_thread& behind);
    void adjust_spares(unsigned lost);
    void wake() noexcept;

    thread_scheduler& watched_;
    const std::chrono::nanoseconds stuck_after_;
    const std::chrono::nanoseconds tick_;
    std::vector<observation> observations_;
    run_queue moved_;  ///< Empty outside of redistribute().
    unsigned quiet_ticks_ = 0;
    bool out_of_spares_ = false;
    platform::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ COPPICE_GUARDED_BY(mutex_) = false;
    bool notified_ COPPICE_GUARDED_BY(mutex_) = false;
    std::atomic<bool> asleep_{false};
    std::thread thread_;
};

}  // namespace coppice::sched
