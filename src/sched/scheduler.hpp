// SPDX-License-Identifier: Apache-2.0
// What processes need of a scheduler. One runs worker threads, the other simulates on the caller's
// thread.
//
// Threads    Any thread may call any member, but in a simulation only the thread that runs it.

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

class scheduler {
  public:
    scheduler() = default;
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    virtual ~scheduler() = default;

    /// There may be so many runnables from now on. Throws what an allocation throws: to enqueue one
    /// needs no memory then.
    virtual void expect(std::size_t runnables) { static_cast<void>(runnables); }
    /// A runnable that was just woken: it may run next, while what it needs is still in the cache.
    virtual void enqueue(runnable& woken) noexcept = 0;
    /// A runnable that used up its turn: everybody who waits goes first.
    virtual void enqueue_back(runnable& tired) noexcept = 0;

    /// Timers are kept in shards so that workers do not meet at one lock.
    virtual unsigned local_shard() const noexcept = 0;
    virtual unsigned shard_count() const noexcept = 0;
    /// Which of the threads that run this scheduler's turns this one is: no two of them have the same
    /// number. `no_lane` on any other thread, also on one that runs the turns of another scheduler.
    virtual unsigned local_lane() const noexcept = 0;
    static constexpr unsigned no_lane = UINT_MAX;
    virtual unsigned lane_count() const noexcept = 0;
    virtual time::timer_queue& timers(unsigned shard) noexcept = 0;
    /// A timer was added: whoever sleeps until `shard`'s next deadline may have to get up earlier.
    virtual void timer_added(unsigned shard) noexcept = 0;

    virtual const platform::clock& clock() const noexcept = 0;

    /// Every lane at a glance, spares included.
    virtual std::vector<lane_view> look_at_lanes() const = 0;
    /// How many are ready and in the queues that all lanes share.
    virtual std::size_t shared_queue_len() const noexcept = 0;

    /// Whether this thread is one of those that run turns or watch over them, in a simulation: is in
    /// the middle of a turn. Nothing may wait on it for what a turn does.
    virtual bool is_own_thread() const noexcept = 0;
    /// Whether this thread may use the scheduler at all.
    virtual bool may_be_used_here() const noexcept = 0;
};

}  // namespace coppice::sched
