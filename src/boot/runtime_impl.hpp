// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "coppice/runtime.hpp"
#include "observe/report_hub.hpp"
#include "process/outside_waits.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"
#include "sched/worker_scheduler.hpp"

namespace coppice::detail {

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

    /// Whether the answer was given in time. `tag` is what it is known by.
    bool wait_for(std::uint64_t tag, const std::shared_ptr<outside_answer>& answer,
                  nanoseconds timeout);

    std::shared_ptr<observe::report_hub> hub;
    std::shared_ptr<runtime_core> core;
    sched::worker_scheduler* workers_ = nullptr;
    sched::sim_scheduler* sim_ = nullptr;
    /// How long what was killed may take: enough to notice a handler that does not return.
    nanoseconds kill_grace{0};
    std::atomic<bool> started{false};
    std::atomic<bool> stopped{false};
};

template <class Done>
bool runtime_impl::run_until(nanoseconds until, Done done) {
    for (;;) {
        if (done()) {
            return true;
        }
        if (!sim_->step() && !sim_->fire_some(until)) {
            return done();
        }
    }
}

}  // namespace coppice::detail
