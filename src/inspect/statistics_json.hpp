// SPDX-License-Identifier: Apache-2.0
// Numbers, events and reports as JSON.

#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "coppice/events.hpp"
#include "coppice/report.hpp"
#include "coppice/statistics.hpp"
#include "inspect/json.hpp"

namespace coppice::inspect {

/// The utilisation of threads counts from `before`, an earlier reading.
[[nodiscard]] json to_json(const runtime_statistics& now, const runtime_statistics& before);
[[nodiscard]] json to_json(const events::item& seen);
[[nodiscard]] json to_json(const events::page& seen);
/// Reads debug information for the stack of an error, which takes a while the first time.
[[nodiscard]] json to_json(const report& made);

/// Since the Unix epoch.
[[nodiscard]] std::int64_t milliseconds_of(std::chrono::system_clock::time_point when);
[[nodiscard]] std::int64_t milliseconds_of(std::chrono::nanoseconds time);

}  // namespace coppice::inspect
