// SPDX-License-Identifier: Apache-2.0
// Reads scenarios. An error has a place and a remedy.

#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "simulate/scenario.hpp"

namespace coppice::cli {

/// Limits of the input.
inline constexpr std::size_t scenario_bytes_max = std::size_t{16} << 20U;
inline constexpr std::size_t scenario_depth_max = 128;
/// The limit of an id, a reason or a message, in bytes.
inline constexpr std::size_t scenario_text_max = 1024;
/// The limit of the paths of all children together, in bytes: deep trees with many children have long paths.
inline constexpr std::size_t scenario_paths_max = std::size_t{64} << 20U;

struct scenario_error {
    /// "line 3, column 7", or a path such as "$.root.children[1].shutdown".
    std::string place;
    std::string problem;  ///< The problem and the remedy.
};
[[nodiscard]] std::string to_string(const scenario_error& error);

[[nodiscard]] std::expected<scenario, scenario_error> read_scenario(std::string_view text);

}  // namespace coppice::cli
