// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "simulate/scenario.hpp"

namespace coppice::cli {

/// For each child of the tree that is restarted: the times of its restarts if it crashes again and again, and
/// when the supervisor gives up. Pure.
[[nodiscard]] std::string schedule(const tree_scenario& given);

}  // namespace coppice::cli
