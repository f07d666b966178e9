// SPDX-License-Identifier: Apache-2.0
// Events for telemetry handlers: process events from the flight recorder, and samples of the scheduler.
//
// Threads    The process of the observer.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "coppice/events.hpp"
#include "coppice/statistics.hpp"
#include "coppice/telemetry_events.hpp"
#include "process/runtime_core.hpp"
#include "telemetry/hub.hpp"

namespace coppice::observe {

/// Whether the clause is for an event that `recorder_telemetry` emits.
bool is_recorder_event(const detail::telemetry_clause& clause) noexcept;

class recorder_telemetry {
  public:
    recorder_telemetry(detail::runtime_core& world, std::uint64_t since)
        : runtime_{world}, hub_{detail::telemetry_hub::of(world)}, since_{since} {}

    /// Emits one page of the events since the last call. True if there may be more.
    bool emit_page();

  private:
    void emit(const events::item& each);
    void emit_exit(const events::item& each);
    std::uint64_t count_restart(const pid& supervisor, const std::string& child);

    detail::runtime_core& runtime_;
    detail::telemetry_hub& hub_;
    std::uint64_t since_;
    /// Restart counts per supervisor that is alive and child.
    std::map<std::pair<pid, std::string>, std::uint64_t> restarts_;
};

class telemetry_sampler {
  public:
    explicit telemetry_sampler(detail::runtime_core& world);

    void emit_if_due(std::chrono::nanoseconds period);

  private:
    detail::runtime_core& runtime_;
    detail::telemetry_hub& hub_;
    runtime_statistics before_;
};

/// The difference of two readings of one runtime.
telemetry::scheduler_sample sample_between(const runtime_statistics& before,
                                           const runtime_statistics& now);

}  // namespace coppice::observe
