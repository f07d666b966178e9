// SPDX-License-Identifier: Apache-2.0
// One worker: its queue, its timers, its thread. A spare is a worker that runs only while another
// one is lost in a turn; it keeps no timers of its own.
//
// Threads    As each member says; what says nothing belongs to the worker's own thread.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/thread_sight.hpp"
#include "sched/run_queue.hpp"
#include "sched/seat.hpp"
#include "time/timer_queue.hpp"

namespace coppice::sched {

class worker_scheduler;

/// Much less than a thread takes to wake up.
inline constexpr std::chrono::nanoseconds timer_grain{4096};

struct alignas(64) worker {
    worker(worker_scheduler& s, unsigned i, bool spare)
        : scheduler{&s}, index{i}, is_spare{spare} {}

    worker_scheduler* const scheduler;
    const unsigned index;
    const bool is_spare;
    run_queue queue;
    seat slot;   ///< Who was woken last and runs next.
    seat again;  ///< Who used up its turn when nobody was in the queue, and goes on before those.
    std::atomic<std::uint64_t> turns{0};      ///< Written by its worker; others watch it.
    std::atomic<runnable*> running{nullptr};  ///< Likewise: whose turn it is.
    // Its worker writes them now and then; others watch them.
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> steals{0};
    /// Nanoseconds that it has slept. While it sleeps, and it begins without a thread: those, less when it
    /// fell asleep by the scheduler's clock, less one. So it is negative then, and one word tells all.
    std::atomic<std::int64_t> slept{-1};
    std::uint32_t slot_streak = 0;
    std::uint32_t tick = 0;
    bool after_long_turn = true;  ///< What waits outside of its queue has waited long.
    bool more_is_due = false;     ///< Of its timers.
    bool was_parked = false;      ///< And has had no turn since.
    std::chrono::nanoseconds last_timer_at{-std::chrono::hours{1}};  ///< That it woke up for.
    std::vector<std::uint64_t> seen_turns;  ///< Of each other worker, when it began to search.
    time::timer_queue timers{timer_grain};  ///< Any thread.
    std::mutex mutex;
    std::condition_variable woken;
    bool notified = false;             ///< Guarded by mutex.
    bool ended = false;                ///< Guarded by the scheduler's ended_mutex_.
    std::atomic<bool> active{true};    ///< Of a spare: it has a thread that works.
    std::atomic<bool> retires{false};  ///< Of a spare: it is needed no longer.
    std::thread thread;                ///< Whoever starts and stops the workers.
    /// Of the thread, from before its first turn. A spare that has gone home may begin on a new one
    /// while the sentinel still tells of its last turn.
    std::atomic<platform::thread_number> number{0};

    /// Any thread: one of those that nobody else takes while the worker works.
    runnable* take_kept() noexcept {
        runnable* const next = slot.take();
        return next != nullptr ? next : again.take();
    }

    void notify() {
        const std::scoped_lock lock{mutex};
        notified = true;
        woken.notify_one();
    }
};

}  // namespace coppice::sched
