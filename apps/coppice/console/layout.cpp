// SPDX-License-Identifier: Apache-2.0

#include "console/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

/// Codes of Select Graphic Rendition, ECMA-48.
constexpr std::array<std::string_view, 7> codes{"",         "\x1b[1m",        "\x1b[2m", "\x1b[31m",
                                                "\x1b[32m", "\x1b[38;5;214m", "\x1b[36m"};

struct range {
    char32_t first;
    char32_t last;
};
constexpr std::array<range, 5> without_width{
    {{0x300, 0x36F}, {0x200B, 0x200D}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
constexpr std::array<range, 8> wide{{{0x1100, 0x115F},
                                     {0x2E80, 0xA4CF},
                                     {0xAC00, 0xD7A3},
                                     {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F},
                                     {0xFF00, 0xFF60},
                                     {0x1F300, 0x1FAFF},
                                     {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool is_in(const std::array<range, N>& ranges, char32_t code) {
    return std::ranges::any_of(
        ranges, [&](const range& each) { return code >= each.first && code <= each.last; });
}

/// Takes the first character off the text, which is UTF-8.
char32_t take_first(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80U ? 1 : first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
    char32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i) {
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(std::min(length, text.size()));
    return code;
}

std::size_t columns_of_character(char32_t code) {
    return is_in(without_width, code) ? 0 : is_in(wide, code) ? 2 : 1;
}

std::string whole(double value) {
    return std::to_string(std::llround(value));
}

/// Two units, the larger one first.
std::string in_units(double seconds, double larger, const char* larger_name, double smaller,
                     const char* smaller_name) {
    return whole(std::floor(seconds / larger)) + larger_name +
           whole(std::floor(std::fmod(seconds, larger) / smaller)) + smaller_name;
}

std::string blanks(std::size_t count) {
    return std::string(count, ' ');
}

}  // namespace

std::string painted(std::string_view text, colour in, bool colours) {
    const std::string_view code = codes.at(static_cast<std::size_t>(in));
    if (!colours || code.empty() || text.empty()) {
        return std::string{text};
    }
    return std::string{code} + std::string{text} + "\x1b[0m";
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        columns += columns_of_character(take_first(text));
    }
    return columns;
}

std::string cut(std::string_view text, std::size_t most) {
    if (columns_of(text) <= most) {
        return std::string{text};
    }
    std::string_view rest = text;
    std::size_t taken = 0;
    std::size_t columns = 1;  // For the mark.
    while (!rest.empty()) {
        columns += columns_of_character(take_first(rest));
        if (columns > most) {
            break;
        }
        taken = text.size() - rest.size();
    }
    return std::string{text.substr(0, taken)} + "…";
}

table::table(std::initializer_list<std::string_view> titles) {
    for (std::string_view title : titles) {
        right_.push_back(title.starts_with('>'));
        titles_.emplace_back(title.substr(right_.back() ? 1 : 0));
    }
}

void table::add(std::vector<std::string> row) {
    row.resize(titles_.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = printable(row[i]);
        if (i + 1 < row.size()) {
            row[i] = cut(row[i], cell_columns_max);
        }
    }
    rows_.push_back(std::move(row));
}

std::string table::text(bool colours) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < titles_.size(); ++i) {
        std::size_t width = columns_of(titles_[i]);
        for (const auto& row : rows_) {
            width = std::max(width, columns_of(row[i]));
        }
        widths.push_back(width);
    }
    const auto line_of = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string room = blanks(widths[i] - columns_of(cells[i]));
            line += (i == 0 ? "" : "  ") + (right_[i] ? room + cells[i] : cells[i] + room);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        return line;
    };
    std::string out = painted(line_of(titles_), colour::faint, colours) + "\n";
    for (const auto& row : rows_) {
        out += line_of(row) + "\n";
    }
    return out;
}

std::string text_of(const facts& all, bool colours) {
    std::size_t width = 0;
    for (const auto& [name, value] : all) {
        width = std::max(width, value.empty() ? 0 : columns_of(name));
    }
    std::string out;
    for (const auto& [name, value] : all) {
        if (!value.empty()) {
            out += painted(name, colour::faint, colours) + blanks(width - columns_of(name) + 2) +
                   printable(value) + "\n";
        }
    }
    return out;
}

std::string duration_text(double milliseconds) {
    const double seconds = std::floor(milliseconds / 1000);
    if (!(milliseconds >= 1000 && milliseconds < 1e15)) {
        return milliseconds < 1000 ? whole(std::max(milliseconds, 0.0)) + " ms" : "?";
    }
    if (seconds < 60) {
        return whole(seconds) + " s";
    }
    if (seconds < 3600) {
        return in_units(seconds, 60, " min ", 1, " s");
    }
    if (seconds < 86400) {
        return in_units(seconds, 3600, " h ", 60, " min");
    }
    return in_units(seconds, 86400, " d ", 3600, " h");
}

std::string size_text(double bytes) {
    static constexpr std::array<const char*, 5> units{" B", " KiB", " MiB", " GiB", " TiB"};
    if (bytes < 1024) {
        return whole(bytes) + units[0];
    }
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f%s", bytes, units.at(unit));
    return text.data();
}

std::string clock_text(double milliseconds_since_epoch) {
    if (!(milliseconds_since_epoch >= 0 && milliseconds_since_epoch < 1e15)) {
        return "?";
    }
    const auto all = static_cast<std::int64_t>(milliseconds_since_epoch);
    const std::time_t seconds = all / 1000;
    std::tm here{};
    ::localtime_r(&seconds, &here);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%03d", here.tm_hour, here.tm_min,
                  here.tm_sec, static_cast<int>(all % 1000));
    return text.data();
}

}  // namespace coppice::cli
