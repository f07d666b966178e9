// SPDX-License-Identifier: Apache-2.0
// Tokens: generation, comparison, and search in cookies.

#pragma once

#include <string>
#include <string_view>

namespace coppice::dashboard {

/// 128 random bits as 32 hexadecimal digits. Throws `std::system_error` if the OS has no random bytes.
[[nodiscard]] std::string random_token();

/// Constant-time comparison: the time depends on the lengths only, so no answer
/// reveals how much of a guess is right.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// The value of a cookie in a `Cookie` header; empty if absent.
[[nodiscard]] std::string_view find_cookie(std::string_view header, std::string_view name) noexcept;

/// Removes the tokens of links in the text, since a reader of such a token could steer the program.
[[nodiscard]] std::string without_tokens(std::string text);

}  // namespace coppice::dashboard
