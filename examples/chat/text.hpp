// SPDX-License-Identifier: Apache-2.0
// Text that strangers send: what of it is well-formed, what a terminal may be shown, and which names
// are names. Pure functions.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chat {

/// In code points.
inline constexpr std::size_t name_length_max = 30;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// What could move a cursor, hide, or turn the direction of writing is spelt: \x1b, \u{202e}.
/// Precondition: is_utf8(text).
[[nodiscard]] std::string escaped(std::string_view text);

/// Letters and digits of any script, `_` and `-`, beginning with a letter or digit; of the scripts
/// whose letters look alike, one at a time. Precondition: is_utf8(text).
[[nodiscard]] bool is_name(std::string_view text);

/// Equal for names that a reader could take for one another: those that differ in case, or in a
/// Cyrillic or Greek letter that looks like a Latin one. Precondition: is_name(name).
[[nodiscard]] std::string key_of(std::string_view name);

/// "here: ada bob …", in lines of a length that a terminal shows.
[[nodiscard]] std::string listed(std::string_view title, const std::vector<std::string>& names);

}  // namespace chat
