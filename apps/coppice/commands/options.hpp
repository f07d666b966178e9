// SPDX-License-Identifier: Apache-2.0
// The options and words of a command that looks at a running program.

#pragma once

#include <algorithm>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/inspect_client.hpp"

namespace coppice::cli {

/// No program could be reached.
inline constexpr int unreachable = 3;

struct options {
    std::vector<std::string> flags;
    std::vector<std::pair<std::string, std::string>> values;  ///< In the order they were given.
    std::vector<std::string> names;

    [[nodiscard]] bool has(std::string_view flag) const {
        return std::ranges::find(flags, flag) != flags.end();
    }
};

/// Or what does not fit.
[[nodiscard]] std::expected<options, std::string> read_options(
    const std::vector<std::string>& arguments, std::initializer_list<std::string_view> flags,
    std::initializer_list<std::string_view> with_value, std::size_t names_max);

/// Connects to the program of that name or path; without one, to the only one that can be reached.
/// Throws `inspect::error`.
[[nodiscard]] inspect::client reach(const options& given, std::string_view client);

/// Whether colours are wanted there: a terminal, and NO_COLOR is not set.
[[nodiscard]] bool wants_colours(const std::ostream& out);
[[nodiscard]] bool is_terminal(const std::ostream& out);

}  // namespace coppice::cli
