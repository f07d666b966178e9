// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "coppice/runtime.hpp"
#include "observe/report_hub.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"
#include "sched/worker_scheduler.hpp"

namespace coppice::detail {

class outside_answer {
  public:
    void fulfil() noexcept {
        const std::scoped_lock lock{mutex_};
        done_ = true;
        changed_.notify_all();
    }
    bool done() const {
        const std::scoped_lock lock{mutex_};
        return done_;
    }
    bool wait(nanoseconds timeout) {
        std::unique_lock lock{mutex_};
        if (timeout == forever) {
            changed_.wait(lock, [&] { return done_; });
            return true;
        }
        return changed_.wait_for(lock, timeout, [&] { return done_; });
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
};

/// A running world: the core and what drives it. Either workers or a simulator.
class runtime_impl {
  public:
    /// `events` is heard by a simulation only; it may be null.
    runtime_impl(runtime_options given, base::event_sink* events);

    bool simulated() const noexcept { return sim_ != nullptr; }
    /// Simulation: runs everything that is ready, without moving the clock.
    void run_until_idle() noexcept;
    /// Simulation: lets time pass up to `until`, stopping early when `done` answers true.
    template <class Done>
    bool run_until(nanoseconds until, Done done);

    bool wait_for(outside_answer& answer, nanoseconds timeout);

    std::shared_ptr<observe::report_hub> hub;
    std::shared_ptr<runtime_core> core;
    sched::worker_scheduler* workers_ = nullptr;
    sched::sim_scheduler* sim_ = nullptr;
    /// Those that waited for others in vain and were killed: no stop has to wait for them.
    std::vector<pid> given_up;  ///< Guarded by given_up_mutex.
    std::mutex given_up_mutex;
    bool started = false;
    bool stopped = false;
    bool halted = false;  ///< The workers have ended, or were left behind.
};

template <class Done>
bool runtime_impl::run_until(nanoseconds until, Done done) {
    for (;;) {
        if (done()) {
            return true;
        }
        if (!sim_->step() && !sim_->fire_next(until)) {
            return done();
        }
    }
}

}  // namespace coppice::detail
