// SPDX-License-Identifier: Apache-2.0
// The scheduler interface for processes. `thread_scheduler` runs scheduler threads; `sim_scheduler`
// simulates on the caller's thread.
//
// Threads    Any thread may call any member, but in a simulation only the simulating thread.

#pragma once

#include <chrono>
#include <climits>
#include <cstddef>
#include <vector>

#include "platform/clock.hpp"
#include "sched/lane_view.hpp"
#include "sched/runnable.hpp"
#include "time/timer_queue.hpp"

namespace coppice::sched {

/// The place of a thread in a scheduler.
struct place {
    /// The number of the thread among the threads with turns, unique for each. `scheduler::no_lane` for any other thread,
    /// also for a thread of another scheduler.
    unsigned lane;
    /// Timers are kept in shards, so that scheduler threads do not contend for one lock: this is the shard of
    /// the timers that are set on the thread.
    unsigned shard;
    time::timer_queue& timers;  ///< Of the shard. Lives as long as the scheduler.
    bool clock_is_slow;         ///< See `clock::slow_to_read`.
};

class scheduler {
  public:
    scheduler() = default;
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    virtual ~scheduler() = default;

    /// Announces the number of runnables from now on, so that an enqueue needs no memory. Throws
    /// the exception of a failed allocation.
    virtual void expect(std::size_t runnables) { static_cast<void>(runnables); }
    /// Enqueues a runnable that was just woken. The runnable may run next, with data still
    /// in the cache.
    virtual void enqueue(runnable& woken) noexcept = 0;
    /// Enqueues a runnable that used up its turn: all waiting runnables go first.
    virtual void enqueue_back(runnable& yielded) noexcept = 0;

    static constexpr unsigned no_lane = UINT_MAX;
    /// The place of the calling thread.
    virtual const place& here() const noexcept = 0;
    unsigned local_lane() const noexcept { return here().lane; }
    unsigned local_shard() const noexcept { return here().shard; }
    virtual unsigned lane_count() const noexcept = 0;
    virtual unsigned shard_count() const noexcept = 0;
    virtual time::timer_queue& timers(unsigned shard) noexcept = 0;
    /// A timer was added: a thread asleep until the next deadline of `shard` may have
    /// to wake up earlier.
    virtual void timer_added(unsigned shard) noexcept = 0;

    virtual const platform::clock& clock() const noexcept = 0;

    /// Snapshots of all lanes, spares included.
    virtual std::vector<lane_view> look_at_lanes() const = 0;
    /// Number of ready runnables in the queues that all lanes share.
    virtual std::size_t shared_queue_len() const noexcept = 0;

    /// Whether the calling thread runs turns or is the sentinel; in a simulation, whether a turn,
    /// an errand or a timer action runs. Such a thread must not wait for the effect of a turn.
    virtual bool is_own_thread() const noexcept = 0;
    /// Whether the calling thread may use the scheduler at all.
    virtual bool may_be_used_here() const noexcept = 0;
};

}  // namespace coppice::sched
