// SPDX-License-Identifier: Apache-2.0
// Reads scenarios. What is wrong with one is told with its place and what to write instead.

#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "simulate/model.hpp"

namespace coppice::cli {

/// Bounds of what is read at all.
inline constexpr std::size_t scenario_bytes_max = std::size_t{16} << 20U;
inline constexpr int scenario_depth_max = 128;

struct scenario_error {
    std::string place;    ///< "line 3, column 7", or a path such as "$.root.children[1].shutdown".
    std::string problem;  ///< What is wrong there, and the remedy.
};
[[nodiscard]] std::string to_string(const scenario_error& error);

[[nodiscard]] std::expected<scenario, scenario_error> read_scenario(std::string_view text);

}  // namespace coppice::cli
