// SPDX-License-Identifier: Apache-2.0
// The process that emits telemetry about other processes: exits, restarts and the load of the scheduler. The
// process runs while handlers for such events are attached, and reads existing records of the layers below.
//
// Threads    Any, except for the code of the process.

#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "coppice/telemetry.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

class telemetry_observer {
  public:
    static constexpr std::chrono::milliseconds shortest_period{1};

    static telemetry_observer& of(detail::runtime_core& world) {
        return world.extended().get<telemetry_observer>();
    }

    /// Starts the process if a handler wants such events and no observer runs. Does
    /// nothing while the runtime stops.
    void start_if_wanted(detail::runtime_core& world);
    /// Called by the process: true if no handler wants such events any more. The next attached
    /// handler then starts a new process.
    bool may_end(detail::runtime_core& world);

    void sample_each(std::chrono::nanoseconds period) noexcept { period_ = period.count(); }
    std::chrono::nanoseconds period() const noexcept {
        return std::chrono::nanoseconds{period_.load()};
    }

  private:
    platform::mutex mutex_;
    pid process_ COPPICE_GUARDED_BY(mutex_);
    std::atomic<std::int64_t> period_{std::chrono::nanoseconds{std::chrono::seconds{1}}.count()};
};

void attach_in(detail::runtime_core& world, std::string id, detail::telemetry_clauses clauses);
/// Throws `badarg_error` if the period is too short.
void sample_in(detail::runtime_core& world, time_span period);

}  // namespace coppice::observe
