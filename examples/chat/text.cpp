// SPDX-License-Identifier: Apache-2.0

#include "chat/text.hpp"

#include <cwctype>

#include <clocale>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>

namespace chat {

namespace {

struct range {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool is_in(const std::array<range, N>& sorted, char32_t c) {
    const auto after = std::upper_bound(sorted.begin(), sorted.end(), c,
                                        [](char32_t x, const range& r) { return x < r.first; });
    return after != sorted.begin() && c <= std::prev(after)->last;
}

/// Controls, direction marks, line separators, and invisible characters.
constexpr std::array<range, 12> not_shown{{{0x00, 0x08},
                                           {0x0A, 0x1F},
                                           {0x7F, 0x9F},
                                           {0xAD, 0xAD},
                                           {0x61C, 0x61C},
                                           {0x180E, 0x180E},
                                           {0x200B, 0x200B},
                                           {0x200E, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2060, 0x206F},
                                           {0xFEFF, 0xFEFF},
                                           {0xFFF9, 0xFFFB}}};

/// Letters and marks with a second spelling, and invisible ones: of two names that look the same only one may
/// exist. An accented letter has to be one code point (e with acute), syllables are not spelt in jamo, and
/// letters of a special width or font are excluded.
constexpr std::array<range, 62> no_name{
    {{0xAA, 0xAA},       {0xB5, 0xB5},       {0xBA, 0xBA},       {0x132, 0x133},
     {0x13F, 0x140},     {0x149, 0x149},     {0x17F, 0x17F},     {0x1C4, 0x1CC},
     {0x1F1, 0x1F3},     {0x2B0, 0x36F},     {0x374, 0x374},     {0x37A, 0x37A},
     {0x3D0, 0x3D6},     {0x3F0, 0x3F2},     {0x3F4, 0x3F5},     {0x3F9, 0x3F9},
     {0x483, 0x489},     {0x587, 0x587},     {0x653, 0x655},     {0x675, 0x678},
     {0x958, 0x95F},     {0x9DC, 0x9DF},     {0xA33, 0xA36},     {0xA59, 0xA5E},
     {0xB5C, 0xB5D},     {0xE33, 0xE33},     {0xEB3, 0xEB3},     {0xEDC, 0xEDD},
     {0xF00, 0xFBC},     {0x10FC, 0x10FC},   {0x1100, 0x11FF},   {0x17B4, 0x17B5},
     {0x1AB0, 0x1AFF},   {0x1B35, 0x1B35},   {0x1C80, 0x1C8F},   {0x1D2C, 0x1DFF},
     {0x1E9A, 0x1E9B},   {0x1F00, 0x1FFF},   {0x2000, 0x2C7F},   {0x2D6F, 0x2D6F},
     {0x2DE0, 0x2DFF},   {0x3007, 0x303F},   {0x3099, 0x30A0},   {0x30FF, 0x30FF},
     {0x3130, 0x318F},   {0xA66F, 0xA672},   {0xA67C, 0xA67D},   {0xA69C, 0xA69F},
     {0xA770, 0xA770},   {0xA7F2, 0xA7F4},   {0xA7F8, 0xA7F9},   {0xA960, 0xA97F},
     {0xAB5C, 0xAB5F},   {0xAB69, 0xAB69},   {0xD7B0, 0xFFFF},   {0x10780, 0x107BF},
     {0x1D400, 0x1D7FF}, {0x1E000, 0x1E08F}, {0x1EE00, 0x1EEFF}, {0x1F000, 0x1FFFF},
     {0x2F800, 0x2FA1F}, {0xE0000, 0x10FFFF}}};

constexpr std::array<range, 3> latin{{{'A', 'z'}, {0xC0, 0x24F}, {0x1E00, 0x1EFF}}};
constexpr std::array<range, 2> greek{{{0x370, 0x3FF}, {0x1F00, 0x1FFF}}};
constexpr std::array<range, 2> cyrillic{{{0x400, 0x52F}, {0xA640, 0xA69F}}};
constexpr std::array<range, 1> armenian{{{0x530, 0x58F}}};
constexpr std::array<range, 2> cherokee{{{0x13A0, 0x13FF}, {0xAB70, 0xABBF}}};

/// Two code points that form one letter in sequence, where the letter has its own code point.
struct spelling {
    char32_t first;
    char32_t second;
};
constexpr std::array<spelling, 36> spelt_apart{
    {{0x928, 0x93C},     {0x930, 0x93C},     {0x933, 0x93C},     {0x9C7, 0x9BE},
     {0x9C7, 0x9D7},     {0xB47, 0xB3E},     {0xB47, 0xB56},     {0xB47, 0xB57},
     {0xB92, 0xBD7},     {0xBC6, 0xBBE},     {0xBC6, 0xBD7},     {0xBC7, 0xBBE},
     {0xC46, 0xC56},     {0xCBF, 0xCD5},     {0xCC6, 0xCC2},     {0xCC6, 0xCD5},
     {0xCC6, 0xCD6},     {0xCCA, 0xCD5},     {0xD46, 0xD3E},     {0xD46, 0xD57},
     {0xD47, 0xD3E},     {0xDD9, 0xDCA},     {0xDD9, 0xDCF},     {0xDD9, 0xDDF},
     {0xDDC, 0xDCA},     {0x1025, 0x102E},   {0x11131, 0x11127}, {0x11132, 0x11127},
     {0x11347, 0x1133E}, {0x11347, 0x11357}, {0x114B9, 0x114BA}, {0x114B9, 0x114B0},
     {0x114B9, 0x114BD}, {0x115B8, 0x115AF}, {0x115B9, 0x115AF}, {0x11935, 0x11930}}};

/// Signs that join letters in Indic and Burmese scripts; the C library does not count these signs as letters.
constexpr std::array<char32_t, 11> viramas{0x94D, 0x9CD, 0xA4D, 0xACD,  0xB4D, 0xBCD,
                                           0xC4D, 0xCCD, 0xD4D, 0x1039, 0x103A};

struct twin {
    char32_t letter;
    char latin;
};
/// Lower-case letters; capitals are lowered before the search.
constexpr std::array<twin, 33> twins{
    {{0x3B1, 'a'}, {0x3B3, 'y'}, {0x3B5, 'e'}, {0x3B7, 'n'}, {0x3B9, 'i'}, {0x3BA, 'k'},
     {0x3BD, 'v'}, {0x3BF, 'o'}, {0x3C1, 'p'}, {0x3C2, 's'}, {0x3C3, 'o'}, {0x3C4, 't'},
     {0x3C5, 'u'}, {0x3C7, 'x'}, {0x3C9, 'w'}, {0x430, 'a'}, {0x432, 'b'}, {0x435, 'e'},
     {0x43A, 'k'}, {0x43C, 'm'}, {0x43D, 'h'}, {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'},
     {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'},
     {0x4BB, 'h'}, {0x501, 'd'}, {0x131, 'i'}}};

int length_of(unsigned char lead) noexcept {
    return lead < 0x80                   ? 1
           : lead >= 0xC2 && lead < 0xE0 ? 2
           : lead >= 0xE0 && lead < 0xF0 ? 3
           : lead >= 0xF0 && lead < 0xF5 ? 4
                                         : 0;
}

/// An overlong encoding, a surrogate, or a code point beyond the last.
bool is_wrong_second(unsigned char lead, unsigned char second) noexcept {
    return (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
           (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
}

/// Removes and returns the first code point of `rest`. Precondition: is_utf8(rest), not empty.
char32_t take(std::string_view& rest) noexcept {
    const auto lead = static_cast<unsigned char>(rest.front());
    const auto length = static_cast<std::size_t>(length_of(lead));
    constexpr std::array<unsigned char, 5> payload{0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t c = lead & payload[length];
    for (std::size_t i = 1; i < length; ++i) {
        c = (c << 6U) | (static_cast<unsigned char>(rest[i]) & 0x3FU);
    }
    rest.remove_prefix(length);
    return c;
}

std::string spelt(char32_t c) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (c < 0x80) {
        return {'\\', 'x', digits[c >> 4U], digits[c & 0xFU]};
    }
    std::string hex;
    for (; c != 0; c >>= 4U) {
        hex.insert(hex.begin(), digits[c & 0xFU]);
    }
    return "\\u{" + hex + "}";
}

/// The letter table of the C library, independent of the locale of the program.
/// Null: only ASCII letters count.
locale_t letters() {
    static const locale_t table = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return table;
}

bool is_ascii_alnum(char32_t c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_letter_or_digit(char32_t c) {
    if (c < 0x80) {
        return is_ascii_alnum(c);
    }
    if (is_in(no_name, c)) {
        return false;
    }
    if (std::find(viramas.begin(), viramas.end(), c) != viramas.end()) {
        return true;
    }
    return letters() != nullptr && ::iswalnum_l(static_cast<wint_t>(c), letters()) != 0;
}

bool is_spelt_apart(char32_t first, char32_t second) {
    return std::any_of(spelt_apart.begin(), spelt_apart.end(), [&](const spelling& each) {
        return each.first == first && each.second == second;
    });
}

/// The number of the script among the scripts that look alike; 0 for every other character.
int script_of(char32_t c) {
    return c < 0x80 && !is_ascii_alnum(c) ? 0
           : c >= '0' && c <= '9'         ? 0
           : is_in(latin, c)              ? 1
           : is_in(greek, c)              ? 2
           : is_in(cyrillic, c)           ? 3
           : is_in(armenian, c)           ? 4
           : is_in(cherokee, c)           ? 5
                                          : 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const auto length = static_cast<std::size_t>(length_of(lead));
        if (length == 0 || i + length > text.size()) {
            return false;
        }
        if (length > 1 && is_wrong_second(lead, static_cast<unsigned char>(text[i + 1]))) {
            return false;
        }
        for (std::size_t j = 1; j < length; ++j) {
            if ((static_cast<unsigned char>(text[i + j]) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

std::string escaped(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        std::string_view rest = text;
        const char32_t c = take(rest);
        if (is_in(not_shown, c)) {
            shown += spelt(c);
        } else {
            shown += text.substr(0, text.size() - rest.size());
        }
        text = rest;
    }
    return shown;
}

bool is_name(std::string_view text) {
    std::size_t length = 0;
    int script = 0;
    char32_t before = 0;
    while (!text.empty()) {
        const char32_t c = take(text);
        const bool joins = c == '_' || c == '-';
        if (++length > name_length_max || (joins && length == 1) ||
            (!joins && !is_letter_or_digit(c)) || is_spelt_apart(before, c)) {
            return false;
        }
        const int own = script_of(c);
        if (own != 0 && script != 0 && own != script) {
            return false;
        }
        script = own != 0 ? own : script;
        before = c;
    }
    return length != 0;
}

std::string key_of(std::string_view name) {
    std::string key;
    while (!name.empty()) {
        std::string_view rest = name;
        const char32_t c = take(rest);
        const auto small = static_cast<char32_t>(
            c < 0x80 || letters() == nullptr
                ? (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)
                : static_cast<char32_t>(::towlower_l(static_cast<wint_t>(c), letters())));
        const auto found = std::find_if(twins.begin(), twins.end(),
                                        [&](const twin& each) { return each.letter == small; });
        if (found != twins.end()) {
            key += found->latin;
        } else if (small < 0x80) {
            key += static_cast<char>(small);
        } else {
            key += spelt(small);
        }
        name = rest;
    }
    return key;
}

std::string listed(std::string_view title, const std::vector<std::string>& names) {
    constexpr std::size_t width = 800;
    std::string out{title};
    std::size_t begin = 0;
    for (const std::string& each : names) {
        if (out.size() - begin + each.size() > width) {
            begin = out.size() + 1;
            out += "\n ";
        }
        out += " " + each;
    }
    return out;
}

}  // namespace chat
