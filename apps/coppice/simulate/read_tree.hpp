// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulate/json_cursor.hpp"
#include "simulate/model.hpp"

namespace coppice::cli {

/// Read the two kinds. Both throw scenario_error; the caller has checked the outer object's keys.
tree_scenario read_tree(const json_cursor& from);
process_scenario read_processes(const json_cursor& from);

/// What is said of a second child with one id.
[[nodiscard]] std::string started_twice(const std::string& id);

inline constexpr std::int64_t milliseconds_max = 1'000'000'000;

}  // namespace coppice::cli
