// SPDX-License-Identifier: Apache-2.0
// M:N scheduler: each worker thread has a queue of its own, steals when that is empty, and sleeps
// when there is nothing to steal.
//
// A process that was just woken goes into its waker's slot and runs right after it, on the same
// core: two processes that talk to each other stay together, which is worth more than running them
// at once. For the same reason one that used up its turn while nobody waited in the queue is kept
// for the turn after that. Thieves leave both alone until their worker has been busy with one turn
// for a while, or the slot with many.
//
// A worker that finds nothing looks around for `spin`, then sleeps until it is woken or its timers
// are due. A sentinel watches the turns: what waits behind a long one is given to others, and for a
// worker that is lost in one a spare stands in until it comes back.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/injector.hpp"
#include "sched/leftovers.hpp"
#include "sched/overrun_listener.hpp"
#include "sched/ranked_queues.hpp"
#include "sched/scheduler.hpp"
#include "sched/sentinel.hpp"
#include "sched/worker.hpp"

namespace coppice::sched {

class worker_scheduler final : public scheduler {
  public:
    struct settings {
        unsigned workers = 1;
        std::chrono::nanoseconds spin = std::chrono::microseconds{50};
        /// A turn that lasts longer has lost its worker. Zero: nobody watches.
        std::chrono::nanoseconds overrun_after{0};
        unsigned spares = 0;  ///< Workers that may stand in for lost ones.
    };

    explicit worker_scheduler(settings chosen);
    ~worker_scheduler() override;

    /// Before `start`: who hears of lost workers. It lives as long as the scheduler.
    void listen(overrun_listener& listener) noexcept { listener_ = &listener; }

    /// Starts the threads. Each keeps `keep_alive` until it ends. Throws std::system_error, and
    /// nothing has run, if the system has not so many threads to give.
    void start(const std::shared_ptr<void>& keep_alive);

    /// Asks the workers to end after their turn and joins them. A worker whose turn has not ended
    /// at `deadline` is left alone with what it keeps alive. Returns how many were left.
    unsigned stop(std::chrono::steady_clock::time_point deadline);

    void enqueue(runnable& woken) noexcept override;
    void enqueue_back(runnable& tired) noexcept override;
    unsigned local_shard() const noexcept override;
    unsigned shard_count() const noexcept override;
    unsigned local_lane() const noexcept override;
    unsigned lane_count() const noexcept override;
    time::timer_queue& timers(unsigned shard) noexcept override;
    void timer_added(unsigned shard) noexcept override;
    const platform::clock& clock() const noexcept override { return clock_; }
    std::vector<lane_view> look_at_lanes() const override;
    std::size_t shared_queue_len() const noexcept override {
        return injector_.size() + ranked_.size();
    }
    bool is_own_thread() const noexcept override;
    bool may_be_used_here() const noexcept override { return true; }

    /// All workers sleep, and so does the sentinel. Any thread; it may be over when this returns.
    bool is_at_rest() const noexcept { return sentinel_.is_asleep() && all_parked(); }

  private:
    friend class sentinel;
    static thread_local worker* current_worker;

    bool is_watched() const noexcept {
        return settings_.overrun_after > std::chrono::nanoseconds::zero();
    }
    worker* own_worker() const noexcept;
    void work(worker& self);
    runnable* next_of(worker& self) noexcept;
    static runnable* next_in_line(worker& self) noexcept;
    runnable* patient_of(worker& self) noexcept;
    runnable* search(worker& self) noexcept;
    runnable* steal(worker& self, bool stuck_slots_too) noexcept;
    void park(worker& self);
    void sleep(worker& self);
    void note_asleep(worker& self) const noexcept;
    void note_awake(worker& self) const noexcept;
    lane_view view_of(const worker& each) const noexcept;
    std::chrono::nanoseconds sleep_for(const worker& self,
                                       std::chrono::nanoseconds due) const noexcept;
    bool something_to_do(const worker& self) const noexcept;
    bool somebody_waits() const noexcept;
    void fire_due(time::timer_queue& timers) noexcept;
    bool fire_due(time::timer_queue& timers, unsigned at_most) noexcept;
    void push(worker& self, runnable& added) noexcept;
    bool push_ranked(runnable& added) noexcept;
    void wake_if_needed() noexcept;
    void wake_one() noexcept;
    void launch(worker& started);
    void let_workers_begin() noexcept;
    void hand_over(worker& leaving) noexcept;

    // The sentinel.
    bool all_parked() const noexcept;
    /// Gives a spare a thread; false if there is none to be had.
    bool stand_in(worker& spare);
    /// Asks a spare to go after its turn.
    static void send_home(worker& spare);
    /// Takes back a spare that has gone.
    void collect(worker& spare);

    platform::real_clock clock_;
    const settings settings_;
    std::vector<std::unique_ptr<worker>> workers_;  ///< The spares come last.
    std::atomic<unsigned> in_use_;                  ///< How many of them have ever worked.
    std::atomic<unsigned> active_;                  ///< How many of them work now.
    injector injector_;
    ranked_queues ranked_;
    leftovers leftovers_;
    std::mutex idle_mutex_;
    std::vector<worker*> idle_;  ///< Guarded by idle_mutex_.
    std::atomic<unsigned> idle_count_{0};
    std::atomic<unsigned> searching_{0};
    std::atomic<bool> stopping_{false};
    std::shared_ptr<void> keep_alive_;  ///< For the spares to come; until `stop`.
    overrun_listener* listener_ = nullptr;
    std::mutex ended_mutex_;
    std::condition_variable ended_changed_;
    bool have_begun_ = false;  ///< All have a thread. Guarded by ended_mutex_.
    sentinel sentinel_;
};

}  // namespace coppice::sched
