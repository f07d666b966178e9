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
inline constexpr std::size_t scenario_depth_max = 128;
inline constexpr std::size_t scenario_text_max = 1024;  ///< Bytes of an id, a reason, a message.
/// Of the paths of all children together, in bytes: deep trees of many have long ones.
inline constexpr std::size_t scenario_paths_max = std::size_t{64} << 20U;

struct scenario_error {
    std::string place;    ///< "line 3, column 7", or a path such as "$.root.children[1].shutdown".
    std::string problem;  ///< What is wrong there, and the remedy.
};
[[nodiscard]] std::string to_string(const scenario_error& error);

[[nodiscard]] std::expected<scenario, scenario_error> read_scenario(std::string_view text);

}  // namespace coppice::cli
