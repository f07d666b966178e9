// SPDX-License-Identifier: Apache-2.0
// Helpers shared by the readers of values.

#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "coppice/detail/printer.hpp"

namespace coppice::base::reading {

inline constexpr std::string_view spaces = " \t\r\n";

inline std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(spaces);
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

inline std::string in_quotes(std::string_view text) {
    constexpr std::size_t shown = 60;
    detail::printer to{{.length = shown}};
    to.quoted(text);
    return std::move(to).take();
}

inline bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

enum class outcome : std::uint8_t { read, no_number, out_of_range };

template <class Number>
outcome parse(std::string_view text, Number& out) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
        return outcome::no_number;
    }
    return error == std::errc::result_out_of_range ? outcome::out_of_range : outcome::read;
}

inline std::string beyond(std::string_view word) {
    return in_quotes(word) + ", which is out of range";
}

}  // namespace coppice::base::reading
