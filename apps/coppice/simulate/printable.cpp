// SPDX-License-Identifier: Apache-2.0

#include "simulate/printable.hpp"

#include <array>
#include <cstdio>

#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

void escape_as_hex(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
        std::array<char, 8> code{};
        std::snprintf(code.data(), code.size(), "\\x%02X", static_cast<unsigned char>(c));
        out += code.data();
    }
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string printable(std::string_view text) {
    return coppice::printable(text, &escape_as_hex);
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return std::string{text};
    }
    while (most > 0 && is_continuation(text[most])) {
        --most;
    }
    return std::string{text.substr(0, most)} + "…";
}

}  // namespace coppice::cli
