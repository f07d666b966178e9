// SPDX-License-Identifier: Apache-2.0
// Text from strangers: checks for valid UTF-8, escapes for terminals, and rules for names. Pure functions.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// In code points.
inline constexpr std::size_t name_length_max = 30;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Escapes characters that move a cursor, are invisible, or change the direction of writing: \x1b, \u{202e}.
/// Precondition: is_utf8(text).
[[nodiscard]] std::string escaped(std::string_view text);

/// Letters and digits of any script, `_` and `-`, beginning with a letter or digit. Scripts with similar
/// letters must not be mixed. Precondition: is_utf8(text).
[[nodiscard]] bool is_name(std::string_view text);

/// Equal for names easily confused by a reader: names that differ only in case, or in a Cyrillic or Greek
/// letter with the look of a Latin one. Precondition: is_name(name).
[[nodiscard]] std::string key_of(std::string_view name);

/// "here: ada bob …", in lines that fit a terminal.
[[nodiscard]] std::string listed(std::string_view title, const std::vector<std::string>& names);

}  // namespace chat
