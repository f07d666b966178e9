// SPDX-License-Identifier: Apache-2.0
// What the observer tells handlers: events of life out of the flight recorder, and samples of the scheduler.
//
// Threads    The observer's process.

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

/// Whether it is for one of the events that `telemetry_news` tells.
bool is_news(const detail::telemetry_clause& clause) noexcept;

class telemetry_news {
  public:
    telemetry_news(detail::runtime_core& world, std::uint64_t since)
        : world_{world}, hub_{detail::telemetry_hub::of(world)}, since_{since} {}

    /// A page of what has happened since the last time. True if there may be more.
    bool tell_page();

  private:
    void tell(const events::item& each);
    void tell_exit(const events::item& each);
    std::uint64_t count_restart(const pid& supervisor, const std::string& child);

    detail::runtime_core& world_;
    detail::telemetry_hub& hub_;
    std::uint64_t since_;
    /// Of each supervisor that is alive, by child.
    std::map<std::pair<pid, std::string>, std::uint64_t> restarts_;
};

class telemetry_sampler {
  public:
    explicit telemetry_sampler(detail::runtime_core& world);

    void tell_if_due(std::chrono::nanoseconds period);

  private:
    detail::runtime_core& world_;
    detail::telemetry_hub& hub_;
    runtime_statistics before_;
};

/// What happened between two readings of the same runtime.
telemetry::scheduler_sample sample_between(const runtime_statistics& before,
                                           const runtime_statistics& now);

}  // namespace coppice::observe
