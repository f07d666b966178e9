// SPDX-License-Identifier: Apache-2.0
// Tokens: made, compared, and found in what a browser sends.

#pragma once

#include <string>
#include <string_view>

namespace coppice::dashboard {

/// 128 random bits as 32 hexadecimal digits. Throws std::system_error if the OS has none.
[[nodiscard]] std::string random_token();

/// Compares in a time that depends on the lengths only, so that no answer tells how much was right.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// The value of a cookie in a `Cookie` header; empty if there is none.
[[nodiscard]] std::string_view find_cookie(std::string_view header, std::string_view name) noexcept;

/// Without the tokens of links in it, which let their reader steer.
[[nodiscard]] std::string without_tokens(std::string text);

}  // namespace coppice::dashboard
