// SPDX-License-Identifier: Apache-2.0

#include "coppice/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace coppice {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

/// Length of the first character in bytes; 0 if the text does not begin with valid UTF-8.
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
        if ((byte_at(text, i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    // Overlong forms, surrogates, and code points above U+10FFFF.
    const unsigned second = byte_at(text, 1);
    const bool wrong = (first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU) ||
                       (first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU);
    return wrong ? 0 : length;
}

bool is_control(std::string_view character) {
    const unsigned first = byte_at(character, 0);
    return first < 0x20U || first == 0x7FU || (first == 0xC2U && byte_at(character, 1) < 0xA0U);
}

/// For a character of more than one byte: true for the marks, embeddings, overrides and isolates of
/// bidirectional text, and for the separators of lines and paragraphs.
bool changes_direction_or_line(std::string_view character) {
    static constexpr std::array<std::string_view, 14> all{
        "\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B",
        "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"};
    return std::ranges::find(all, character) != all.end();
}

}  // namespace

void escape_as_c(std::string_view bytes, std::string& out) {
    if (bytes == "\n" || bytes == "\r" || bytes == "\t") {
        out += bytes == "\n" ? "\\n" : bytes == "\r" ? "\\r" : "\\t";
        return;
    }
    for (const char c : bytes) {
        std::array<char, 8> code{};
        std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned char>(c));
        out += code.data();
    }
}

std::string printable(std::string_view text, character_escape escape) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = length_of_first(text);
        const std::string_view first = text.substr(0, std::max<std::size_t>(length, 1));
        const bool is_fit =
            length == 1 ? !is_control(first)
                        : length > 1 && !is_control(first) && !changes_direction_or_line(first);
        if (is_fit) {
            out += first;
        } else {
            escape(first, out);
        }
        text.remove_prefix(first.size());
    }
    return out;
}

}  // namespace coppice
