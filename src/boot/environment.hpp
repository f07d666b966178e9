// SPDX-License-Identifier: Apache-2.0
// Numbers in environment variables, for the runtime, the test kit and the tests.

#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace coppice::boot {

/// The whole number in the environment variable, or nothing if the variable is not set. Throws
/// std::invalid_argument with a sentence for people if the text is not a whole number below 2^64.
inline std::optional<std::uint64_t> number_in_environment(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) {
        return std::nullopt;
    }
    const std::string_view digits{text};
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (wrong != std::errc{} || end != digits.data() + digits.size()) {
        throw std::invalid_argument{std::string{variable} + "=" + text +
                                    ": write a whole number from 0 to 18446744073709551615"};
    }
    return number;
}

}  // namespace coppice::boot
