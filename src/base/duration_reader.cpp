// SPDX-License-Identifier: Apache-2.0
// Reads durations from text: a number and a unit. The arithmetic is exact if the count
// is a whole number.

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/reading.hpp"
#include "base/time_units.hpp"
#include "coppice/detail/reader.hpp"

namespace coppice::base::reading {
namespace {

constexpr std::size_t digits_max = 20;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A decimal number as written: `digits` times ten to the power of `-decimals`.
struct decimal {
    detail::wide_count digits = 0;
    std::size_t decimals = 0;
    std::string_view unit;  ///< The text after the number.
};

std::optional<decimal> parse_decimal(std::string_view word) {
    const bool is_negative = word.starts_with('-');
    std::size_t at = is_negative || word.starts_with('+') ? 1 : 0;
    decimal out;
    std::size_t count = 0;
    bool has_point = false;
    for (; at < word.size() && (is_digit(word[at]) || (word[at] == '.' && !has_point)); ++at) {
        if (word[at] == '.') {
            has_point = true;
            continue;
        }
        out.digits = out.digits * 10 + (word[at] - '0');
        out.decimals += has_point ? 1U : 0U;
        if (++count > digits_max) {
            return std::nullopt;
        }
    }
    if (count == 0) {
        return std::nullopt;
    }
    out.digits = is_negative ? -out.digits : out.digits;
    out.unit = word.substr(std::min(word.find_first_not_of(' ', at), word.size()));
    return out;
}

std::optional<time_unit> unit_of(std::string_view name, const detail::duration_limits& of) {
    if (name == detail::unit_name(of.numerator, of.denominator)) {
        return time_unit{of.numerator, of.denominator, name};
    }
    const auto found = std::ranges::find(time_units, name, &time_unit::name);
    return found == time_units.end() ? std::nullopt : std::optional{*found};
}

bool multiply(detail::wide_count& into, detail::wide_count factor) {
    return !__builtin_mul_overflow(into, factor, &into);
}

enum class conversion : std::uint8_t { exact, too_fine, out_of_range };

conversion convert(const decimal& from, const time_unit& unit, const detail::duration_limits& of,
                   std::int64_t& out) {
    detail::wide_count count = from.digits;
    detail::wide_count divisor = 1;
    for (std::size_t i = 0; i < from.decimals; ++i) {
        divisor *= 10;
    }
    const bool is_same = unit.numerator == of.numerator && unit.denominator == of.denominator;
    if (!is_same && (!multiply(count, unit.numerator) || !multiply(count, of.denominator) ||
                     !multiply(divisor, unit.denominator) || !multiply(divisor, of.numerator))) {
        return conversion::out_of_range;
    }
    if (count % divisor != 0) {
        return conversion::too_fine;
    }
    count /= divisor;
    if (count < of.least || count > of.most) {
        return conversion::out_of_range;
    }
    out = static_cast<std::int64_t>(count);
    return conversion::exact;
}

}  // namespace
}  // namespace coppice::base::reading

namespace coppice::detail {
namespace {
namespace reading = base::reading;
}

bool text_reader::whole_duration(std::int64_t& out, const duration_limits& of,
                                 words_function help) {
    const std::string_view word = peek_word();
    const std::optional<reading::decimal> number = reading::parse_decimal(word);
    const std::optional<base::time_unit> unit =
        number ? reading::unit_of(number->unit, of) : std::nullopt;
    if (!unit) {
        return refuse_next(help);
    }
    if (const reading::conversion how = reading::convert(*number, *unit, of, out);
        how != reading::conversion::exact) {
        return refuse(help,
                      reading::in_quotes(word) + ", which is " +
                          (how == reading::conversion::too_fine ? "too fine" : "out of range"));
    }
    take_word(word);
    return !failed_;
}

bool text_reader::real_duration(double& out, const duration_limits& of, words_function help) {
    const std::string_view word = peek_word();
    const auto number = std::from_chars(word.data(), word.data() + word.size(), out);
    std::string_view name = word.substr(static_cast<std::size_t>(number.ptr - word.data()));
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    const std::optional<base::time_unit> unit =
        number.ec == std::errc{} ? reading::unit_of(name, of) : std::nullopt;
    if (!unit) {
        return refuse_next(help);
    }
    if (unit->numerator != of.numerator || unit->denominator != of.denominator) {
        out = out * static_cast<double>(unit->numerator) * static_cast<double>(of.denominator) /
              (static_cast<double>(unit->denominator) * static_cast<double>(of.numerator));
    }
    take_word(word);
    return !failed_;
}

}  // namespace coppice::detail
