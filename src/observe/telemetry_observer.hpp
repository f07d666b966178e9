// SPDX-License-Identifier: Apache-2.0
// The process that tells handlers of telemetry what happens to others: exits, restarts, and how busy the
// scheduler is. There is one while such handlers are attached; it reads what the layers below keep anyway.
//
// Threads    Any, but for what the process itself does.

#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

#include "coppice/telemetry.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

class telemetry_observer {
  public:
    static constexpr std::chrono::milliseconds shortest_period{1};

    static telemetry_observer& of(detail::runtime_core& world) {
        return world.extended().get<telemetry_observer>();
    }

    /// Starts the process if there is something to tell and nobody who does. Not while the runtime stops.
    void see_to_it(detail::runtime_core& world);
    /// For the process: whether it may end, as there is nothing to tell. Then the next one that attaches starts
    /// another.
    bool may_end(detail::runtime_core& world);

    void sample_each(std::chrono::nanoseconds period) noexcept { period_ = period.count(); }
    std::chrono::nanoseconds period() const noexcept {
        return std::chrono::nanoseconds{period_.load()};
    }

  private:
    std::mutex mutex_;
    pid process_;  ///< Guarded by mutex_.
    std::atomic<std::int64_t> period_{std::chrono::nanoseconds{std::chrono::seconds{1}}.count()};
};

void attach_in(detail::runtime_core& world, std::string id, detail::telemetry_clauses clauses);
/// Throws badarg_error if the period is too short.
void sample_in(detail::runtime_core& world, time_span period);

}  // namespace coppice::observe
