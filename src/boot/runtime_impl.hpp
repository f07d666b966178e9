// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "boot/orderly_stop.hpp"
#include "coppice/runtime.hpp"
#include "observe/black_box.hpp"
#include "observe/report_hub.hpp"
#include "platform/abort_hook.hpp"
#include "platform/guarded.hpp"
#include "process/outside_waits.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"
#include "sched/thread_scheduler.hpp"

namespace coppice::detail {

/// A runtime: the core and its scheduler, which is either a pool of scheduler threads or the simulator.
class runtime_impl {
  public:
    /// `events` is used only in a simulation, and may be null.
    runtime_impl(runtime_options given, base::event_sink* events);

    bool simulated() const noexcept { return sim_ != nullptr; }
    nanoseconds now() const noexcept { return core->scheduler().clock().now(); }
    /// Simulation: runs everything that is ready, without moving the clock.
    void run_until_idle() noexcept;
    /// Simulation: lets time pass up to `until`. Stops early when `done` returns true.
    template <class Done>
    bool run_until(nanoseconds until, Done done);

    /// Whether the answer was given in time. Gives up when `unless` holds, see `wake_waiters`.
    bool wait_for(const std::shared_ptr<outside_answer>& answer, nanoseconds timeout,
                  const std::atomic<bool>& unless);
    /// To be called after a change that may end a wait.
    void wake_waiters() noexcept;
    void kill(const pid& who);

    /// The functions `refuse_…` throw std::logic_error. The text names `what` and the right alternative. The
    /// errors are: use of a simulation on a foreign thread, a call on a thread that the caller would wait
    /// for, and a call before the start.
    void refuse_other_threads(const char* what) const;
    void refuse_inside(const char* what) const;
    void refuse_before_start(const char* what) const;
    /// All three checks, for functions that wait.
    void refuse_waiting(const char* what) const;
    /// Throws stopped_error once a stop has begun.
    void refuse_when_stopping(const char* what) const;

    void start();
    stop_result stop(nanoseconds limit);
    bool is_stopping() const noexcept { return now_is_.load() >= phase::stopping; }
    bool has_stopped() const noexcept { return now_is_.load() == phase::stopped; }
    /// Makes the current stop, or the next one, kill all remaining processes now. False if the runtime has
    /// stopped. Any thread.
    bool force_stop() noexcept;

    std::shared_ptr<observe::report_hub> hub;
    std::shared_ptr<runtime_core> core;
    /// Set if there is a file for events.
    std::shared_ptr<observe::black_box> events_at_end;
    std::optional<platform::abort_hook> abort_hook;
    sched::thread_scheduler* thread_scheduler_ = nullptr;
    sched::sim_scheduler* sim_ = nullptr;
    /// The time given to killed processes: enough to detect a handler that does not return.
    nanoseconds kill_grace{0};

  private:
    enum class phase : std::uint8_t { made, running, stopping, stopped };

    void wait_for_stop(platform::unique_lock& lock, nanoseconds limit) COPPICE_REQUIRES(mutex_);

    std::atomic<phase> now_is_{phase::made};
    platform::mutex mutex_;
    std::condition_variable has_stopped_;
    boot::orderly_stop* stopping_ COPPICE_GUARDED_BY(mutex_) = nullptr;
    unsigned force_requests_ COPPICE_GUARDED_BY(mutex_) = 0;  ///< Before the stop began.
    stop_result result_ COPPICE_GUARDED_BY(mutex_);
};

template <class Done>
bool runtime_impl::run_until(nanoseconds until, Done done) {
    for (;;) {
        if (done()) {
            return true;
        }
        if (!sim_->step() && !sim_->fire_timers(until)) {
            return done();
        }
    }
}

}  // namespace coppice::detail
