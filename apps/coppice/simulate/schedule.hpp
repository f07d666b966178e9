// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "simulate/scenario.hpp"

namespace coppice::cli {

/// For each child with restarts: the times of the restarts if the child crashes again and again, and the time
/// when the supervisor gives up. Pure.
[[nodiscard]] std::string schedule(const tree_scenario& given);

}  // namespace coppice::cli
