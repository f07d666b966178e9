// SPDX-License-Identifier: Apache-2.0
// Shared by the free functions that a process calls and the members of `runtime`.

#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "coppice/events.hpp"
#include "coppice/statistics.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

runtime_statistics statistics_of(detail::runtime_core& world);
void visit(const detail::runtime_core& world, const callback<void(const process_glance&)>& seen);
/// Visits at most `slots` slots of the process table. Returns the next slot, 0 at the end of the table.
std::uint32_t visit_slots(const detail::runtime_core& world, std::uint32_t first,
                          std::uint32_t slots, const callback<void(const process_glance&)>& seen);
std::vector<process_glance> glances_of(const detail::runtime_core& world);
/// The glances at `all`, in the same order. An ended process has an empty pid.
std::vector<process_glance> glances_at(const detail::runtime_core& world,
                                       const std::vector<pid>& all);

events::page recent_of(detail::runtime_core& world, std::uint64_t since, std::size_t limit);
void write_all(detail::runtime_core& world, std::ostream& out);
bool write_all(detail::runtime_core& world, const std::string& path);

}  // namespace coppice::observe
