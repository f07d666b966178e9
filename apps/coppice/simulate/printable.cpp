// SPDX-License-Identifier: Apache-2.0

#include "simulate/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace coppice::cli {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

bool is_continuation(unsigned byte) {
    return (byte & 0xC0U) == 0x80U;
}

/// How many bytes the character at the front takes; 0 if they are not UTF-8.
std::size_t length_of_first(std::string_view text) {
    const unsigned first = byte_at(text, 0);
    if (first < 0x80U) {
        return 1;
    }
    const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
    if (first < 0xC2U || first > 0xF4U || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(byte_at(text, i))) {
            return 0;
        }
    }
    // Overlong forms, surrogates, and what is above U+10FFFF.
    const unsigned second = byte_at(text, 1);
    const bool wrong = (first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU) ||
                       (first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU);
    return wrong ? 0 : length;
}

/// U+0000 to U+001F, U+007F to U+009F: what moves cursors, and more.
bool is_control(std::string_view character) {
    const unsigned first = byte_at(character, 0);
    return first < 0x20U || first == 0x7FU || (first == 0xC2U && byte_at(character, 1) < 0xA0U);
}

void add_escaped(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
        std::array<char, 8> code{};
        std::snprintf(code.data(), code.size(), "\\x%02X", static_cast<unsigned char>(c));
        out += code.data();
    }
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = length_of_first(text);
        const std::string_view first = text.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0 || is_control(first)) {
            add_escaped(first, out);
        } else {
            out += first;
        }
        text.remove_prefix(first.size());
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return std::string{text};
    }
    while (most > 0 && is_continuation(byte_at(text, most))) {
        --most;
    }
    return std::string{text.substr(0, most)} + "…";
}

}  // namespace coppice::cli
