// SPDX-License-Identifier: Apache-2.0
// M:N scheduler: each worker thread has a queue of its own, steals when that is empty, and sleeps
// when there is nothing to steal.
//
// A process that was just woken goes into its waker's `next` slot and runs right after it, on the
// same core: two processes that talk to each other stay together, which is worth more than running
// them at once. Thieves leave that slot alone until its worker has been busy with one turn for a
// while.
//
// A worker that finds nothing looks around for `spin`, then sleeps until it is woken or its timers
// are due. While some are busy and others sleep, one of the sleepers watches: it gets up every
// `watch_interval` to see whether a busy one is stuck in a turn, with tasks or timers behind it.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/injector.hpp"
#include "sched/run_queue.hpp"
#include "sched/scheduler.hpp"

namespace coppice::sched {

class worker_scheduler final : public scheduler {
  public:
    struct settings {
        unsigned workers = 1;
        std::chrono::microseconds spin{50};
    };

    explicit worker_scheduler(settings chosen);
    ~worker_scheduler() override;

    /// Starts the threads. Each keeps `keep_alive` until it ends.
    void start(const std::shared_ptr<void>& keep_alive);

    /// Asks the workers to end after their turn and joins them. A worker whose turn has not ended
    /// at `deadline` is left alone with what it keeps alive. Returns how many were left.
    unsigned stop(std::chrono::steady_clock::time_point deadline);

    void enqueue(runnable& woken) noexcept override;
    void enqueue_back(runnable& tired) noexcept override;
    unsigned local_shard() const noexcept override;
    unsigned shard_count() const noexcept override;
    time::timer_queue& timers(unsigned shard) noexcept override;
    void timer_added(unsigned shard) noexcept override;
    const platform::clock& clock() const noexcept override { return clock_; }

  private:
    struct worker;
    static thread_local worker* current_worker;

    worker* own_worker() const noexcept;
    void work(worker& self);
    runnable* next_of(worker& self) noexcept;
    runnable* search(worker& self) noexcept;
    runnable* steal(worker& self, bool stuck_slots_too) noexcept;
    void park(worker& self);
    bool something_to_do(const worker& self) const noexcept;
    std::chrono::nanoseconds sleep_until(const worker& self, bool watches) const noexcept;
    void keep_watched() noexcept;
    void fire_due(time::timer_queue& timers) noexcept;
    void push(worker& self, runnable& added) noexcept;
    void wake_if_needed() noexcept;
    void wake_one() noexcept;

    platform::real_clock clock_;
    const settings settings_;
    std::vector<std::unique_ptr<worker>> workers_;
    injector injector_;
    std::mutex idle_mutex_;
    std::vector<worker*> idle_;  ///< Guarded by idle_mutex_.
    std::atomic<unsigned> idle_count_{0};
    std::atomic<unsigned> watchers_{0};  ///< Changed under idle_mutex_.
    std::atomic<unsigned> searching_{0};
    std::atomic<bool> stopping_{false};
    std::mutex ended_mutex_;
    std::condition_variable ended_changed_;
};

}  // namespace coppice::sched
