// SPDX-License-Identifier: Apache-2.0
// One scheduler thread: the queue, the timers, the thread. A spare is a scheduler thread that runs
// only while another scheduler thread is lost in a turn; a spare keeps no timers.
//
// Threads    As each member says; a member without a note belongs to the scheduler thread.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <thread>
#include <vector>

#include "platform/guarded.hpp"
#include "platform/thread_sight.hpp"
#include "sched/lifo_slot.hpp"
#include "sched/run_queue.hpp"
#include "sched/scheduler.hpp"
#include "sched/steal_backoff.hpp"
#include "time/timer_queue.hpp"

namespace coppice::sched {

class thread_scheduler;

/// Much less than the time a thread takes to wake up.
inline constexpr std::chrono::nanoseconds timer_grain{4096};

/// How far a thread has come.
struct progress {
    std::uint64_t turns;
    std::uint32_t have_left;  ///< The runnables that have left the queue.
};

struct alignas(64) scheduler_thread {
    /// `keeps_timers`: the thread with the timers of a spare; null for a thread that is no spare.
    scheduler_thread(thread_scheduler& s, unsigned i, scheduler_thread* keeps_timers,
                     bool clock_is_slow) noexcept
        : owner{&s},
          index{i},
          is_spare{keeps_timers != nullptr},
          here{i, is_spare ? keeps_timers->index : i, is_spare ? keeps_timers->timers : timers,
               clock_is_slow} {}

    thread_scheduler* const owner;
    const unsigned index;
    const bool is_spare;
    const place here;
    run_queue queue;
    /// LIFO slot: the runnable woken last, which runs next.
    lifo_slot woken_slot;
    /// A runnable that used up its turn with the queue empty; runs before the queue.
    lifo_slot yielded_slot;
    std::atomic<std::uint64_t> turns{0};      ///< Written by the scheduler thread, read by others.
    std::atomic<runnable*> running{nullptr};  ///< Likewise: the runnable whose turn runs.
    // Written by the scheduler thread now and then, read by others.
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> steals{0};
    /// Time asleep in ns, and whether the thread sleeps, in one word. Awake: the total sleep, never
    /// negative. Asleep, or without a thread: the total sleep, minus the time of the scheduler's
    /// clock at which the sleep began, minus 1, always negative.
    std::atomic<std::int64_t> slept{-1};
    std::uint32_t slot_streak = 0;
    bool after_long_turn = true;  ///< Timers and the shared queue have waited long.
    bool more_is_due = false;     ///< More timers may be due.
    bool was_parked = false;      ///< Has parked, and has had no turn since.
    /// Asked to end after the turn: at a stop, or a spare that retires. Any thread.
    std::atomic<bool> has_to_end{false};
    /// When the thread last dated its timers, between two turns.
    std::chrono::nanoseconds dated_at{-std::chrono::hours{1}};
    /// Time of the last wake-up for a timer.
    std::chrono::nanoseconds last_timer_at{-std::chrono::hours{1}};
    steal_backoff backoff;
    /// The progress of all threads when the search began, or at the last look of a back-off.
    std::vector<progress> seen;
    time::timer_queue timers{timer_grain};  ///< Any thread.
    platform::mutex mutex;
    std::condition_variable woken;
    bool notified COPPICE_GUARDED_BY(mutex) = false;
    bool ended = false;              ///< Guarded by the scheduler's ended_mutex_.
    std::atomic<bool> active{true};  ///< False for a spare without a thread.
    std::thread thread;              ///< Used by the thread that launches or joins.
    /// The system's number of the thread, set before the first turn. A retired spare may begin on a
    /// new thread while the sentinel still reports the last turn.
    std::atomic<platform::thread_number> number{0};

    /// Any thread.
    progress so_far() const noexcept {
        return {turns.load(std::memory_order_relaxed), queue.have_left()};
    }

    /// Any thread. Takes a runnable out of a slot; other threads do so only while the
    /// scheduler thread is stuck.
    runnable* take_from_slots() noexcept {
        runnable* const next = woken_slot.take();
        return next != nullptr ? next : yielded_slot.take();
    }

    void notify() {
        const platform::scoped_lock lock{mutex};
        notified = true;
        woken.notify_one();
    }
};

}  // namespace coppice::sched
