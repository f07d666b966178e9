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

/// Exit status: no program could be reached.
inline constexpr int unreachable = 3;

struct options {
    std::vector<std::string> flags;
    std::vector<std::pair<std::string, std::string>> values;  ///< In the given order.
    std::vector<std::string> names;

    [[nodiscard]] bool has(std::string_view flag) const {
        return std::ranges::find(flags, flag) != flags.end();
    }
};

/// The options, or the problem with the words.
[[nodiscard]] std::expected<options, std::string> read_options(
    const std::vector<std::string>& arguments, std::initializer_list<std::string_view> flags,
    std::initializer_list<std::string_view> with_value, std::size_t names_max);

/// Connects to the program with the given name or path; without a name, to the only program that can be
/// reached. Throws `inspect::error`.
[[nodiscard]] inspect::client reach(const options& given, std::string_view client);

/// Whether to print colours: the stream is a terminal, and NO_COLOR is unset or empty.
[[nodiscard]] bool wants_colours(const std::ostream& out);
[[nodiscard]] bool is_terminal(const std::ostream& out);

}  // namespace coppice::cli
