// SPDX-License-Identifier: Apache-2.0
// M:N scheduler with work stealing: each scheduler thread has a queue of its own, steals when the
// queue is empty, and sleeps when there is nothing to steal.
//
// LIFO slot: a process that was just woken goes into the slot of the waking thread and runs right
// after the waker, on the same core. Two processes that talk to each other stay together, which is
// worth more than running the two in parallel. For the same reason a process that used up its turn
// while the queue was empty is kept in a second slot, and runs before the queue. Thieves leave both
// slots alone until the scheduler thread has been busy with one turn for a while. After many turns
// in a row from the LIFO slot, the runnables behind the slot get a turn.
//
// A scheduler thread without work searches for `spin`, then sleeps until woken or until a
// timer is due. A thread whose steals do not pay puts off the next one (see steal_backoff.hpp); one such thread
// at a time is the lookout, which pushes to a queue do not wake.
//
// A sentinel (watchdog) watches the turns: runnables behind a long turn are
// given to other threads, and a spare stands in for a scheduler thread that is lost in a
// turn, until the turn ends.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <thread>
#include <vector>

#include "platform/guarded.hpp"
#include "sched/injector.hpp"
#include "sched/leftovers.hpp"
#include "sched/ranked_queues.hpp"
#include "sched/scheduler.hpp"
#include "sched/scheduler_thread.hpp"
#include "sched/sentinel.hpp"
#include "sched/stuck_turn_listener.hpp"

namespace coppice::sched {

class thread_scheduler final : public scheduler {
  public:
    struct settings {
        unsigned workers = 1;
        std::chrono::nanoseconds spin = std::chrono::microseconds{50};
        /// A turn that lasts longer has lost its scheduler thread. Zero: no watchdog.
        std::chrono::nanoseconds stuck_after{0};
        unsigned spares = 0;  ///< May stand in for lost scheduler threads.
    };

    explicit thread_scheduler(settings chosen);
    ~thread_scheduler() override;

    /// Sets the listener for lost scheduler threads; before `start`. The listener lives
    /// as long as the scheduler.
    void listen(stuck_turn_listener& listener) noexcept { listener_ = &listener; }

    /// Starts the threads. Each thread keeps `keep_alive` until its end. Throws std::system_error,
    /// before any turn has run, if the system cannot provide enough threads.
    void start(const std::shared_ptr<void>& keep_alive);

    /// Asks the scheduler threads to end after the current turn and joins the threads. A thread
    /// whose turn has not ended at `deadline` is detached and keeps `keep_alive`. Returns the
    /// number of detached threads.
    unsigned stop(std::chrono::steady_clock::time_point deadline);

    void enqueue(runnable& woken) noexcept override;
    void enqueue_back(runnable& yielded) noexcept override;
    const place& here() const noexcept override;
    unsigned shard_count() const noexcept override;
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

    /// Whether all scheduler threads and the sentinel sleep. Any thread; the answer may
    /// be outdated on return.
    bool is_at_rest() const noexcept { return sentinel_.is_asleep() && all_parked(); }

  private:
    friend class sentinel;
    static constexpr unsigned timers_a_turn = 256;  // the messages are received while in the cache
    /// Most long waits are over before, and cost no timer.
    static constexpr std::chrono::milliseconds dating_period{1};
    [[gnu::tls_model(
        "initial-exec")]] static constinit thread_local scheduler_thread* current_thread;

    bool is_watched() const noexcept {
        return settings_.stuck_after > std::chrono::nanoseconds::zero();
    }
    using all_threads = std::vector<std::unique_ptr<scheduler_thread>>;
    all_threads made_threads(unsigned regular);
    scheduler_thread* own_thread() const noexcept;
    void work(scheduler_thread& self);
    bool is_usual(const scheduler_thread& self) const noexcept;
    static runnable* next_of_own(scheduler_thread& self) noexcept;
    runnable* next_of_all(scheduler_thread& self);
    runnable* next_of(scheduler_thread& self) noexcept;
    runnable* next_from_outside(scheduler_thread& self) noexcept;
    static runnable* next_in_line(scheduler_thread& self) noexcept;
    runnable* next_behind_slot(scheduler_thread& self) noexcept;
    runnable* search(scheduler_thread& self) noexcept;
    runnable* look(scheduler_thread& self, std::chrono::nanoseconds now) noexcept;
    void see_progress(scheduler_thread& self) noexcept;
    runnable* search_for_long(scheduler_thread& self, std::chrono::nanoseconds now) noexcept;
    template <class Take>
    runnable* first_of_others(const scheduler_thread& self, Take take) noexcept;
    runnable* steal(scheduler_thread& self, bool stuck_slots_too) noexcept;
    runnable* steal_what_waits(scheduler_thread& self) noexcept;
    runnable* steal_from(scheduler_thread& self, scheduler_thread& victim) noexcept;
    void park(scheduler_thread& self);
    void sleep(scheduler_thread& self, std::chrono::nanoseconds look_at);
    void note_asleep(scheduler_thread& self) const noexcept;
    void note_awake(scheduler_thread& self) const noexcept;
    lane_view view_of(const scheduler_thread& each) const noexcept;
    std::chrono::nanoseconds sleep_for(const scheduler_thread& self, std::chrono::nanoseconds due,
                                       std::chrono::nanoseconds look_at) const noexcept;
    bool has_work(const scheduler_thread& self) const noexcept;
    bool has_shared_runnables() const noexcept;
    bool has_queued_runnables() const noexcept;
    bool becomes_lookout(const scheduler_thread& self) noexcept;
    void fire_due(time::timer_queue& timers) noexcept;
    bool fire_due(time::timer_queue& timers, unsigned at_most) noexcept;
    bool fire_due_at(std::chrono::nanoseconds now, time::timer_queue& timers, unsigned at_most,
                     bool dates) noexcept;
    bool look_at_timers(scheduler_thread& self) noexcept;
    void push(scheduler_thread& self, runnable& added) noexcept;
    void share(runnable& woken) noexcept;
    bool push_ranked(runnable& added) noexcept;
    void wake_thief_if_needed() noexcept;
    void wake_if_needed() noexcept;
    void wake_next() noexcept;
    void wake_one() noexcept;
    void launch(scheduler_thread& started);
    void release_threads() noexcept;
    void set_stopping(bool stopping) noexcept;
    void release_runnables(scheduler_thread& leaving) noexcept;

    // Called by the sentinel.
    bool all_parked() const noexcept;
    /// Gives a spare a thread; false if the system provides none.
    bool start_spare(scheduler_thread& spare);
    /// Asks a spare to end after the current turn.
    static void retire_spare(scheduler_thread& spare);
    /// Joins a spare that has ended, for later use.
    void join_spare(scheduler_thread& spare);

    platform::real_clock clock_;
    const settings settings_;
    /// Number of scheduler threads that ever worked.
    std::atomic<unsigned> in_use_;
    std::atomic<unsigned> active_;  ///< Number of scheduler threads that work now.
    std::atomic<bool> stopping_{false};
    const all_threads threads_;  ///< The spares come last.
    const place outside_;        ///< Of all other threads.
    injector injector_;
    ranked_queues ranked_;
    leftovers leftovers_;
    platform::mutex idle_mutex_;
    std::vector<scheduler_thread*> idle_ COPPICE_GUARDED_BY(idle_mutex_);
    std::atomic<unsigned> idle_count_{0};
    std::atomic<unsigned> searching_{0};
    /// Whether a thread sleeps until its next steal is due.
    std::atomic<bool> has_lookout_{false};
    std::shared_ptr<void> keep_alive_;  ///< For spares launched later; until `stop`.
    stuck_turn_listener* listener_ = nullptr;
    platform::mutex ended_mutex_;
    std::condition_variable ended_changed_;
    bool have_begun_ COPPICE_GUARDED_BY(ended_mutex_) = false;  ///< All threads are started.
    sentinel sentinel_;
};

}  // namespace coppice::sched
