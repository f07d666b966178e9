// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/printer.hpp"

#include <array>
#include <charconv>
#include <sstream>

#include "base/time_units.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/printable.hpp"

namespace coppice::detail {
namespace {

constexpr std::string_view cut_mark = "...";

/// The unqualified name of a type: `vector<a::b>` for `std::vector<a::b>`.
std::string_view last_name_of(std::string_view type) {
    const std::string_view outside = type.substr(0, type.find('<'));
    const std::size_t colon = outside.rfind("::");
    return colon == std::string_view::npos ? type : type.substr(colon + 2);
}

/// The longest prefix of at most `bytes` bytes that splits no UTF-8 character.
std::string_view whole_characters(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) {
        return text;
    }
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) {
        --bytes;
    }
    return text.substr(0, bytes);
}

/// Puts a backslash before each `quote` and each backslash, so that the text can be read back.
std::string with_backslashes(std::string_view words, char quote) {
    std::string out;
    for (const char c : words) {
        if (c == quote || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), written.ptr);
}

}  // namespace

std::string short_type_name(const std::type_info& type) {
    return std::string{last_name_of(readable_type_name(type))};
}

std::string unit_name(std::intmax_t numerator, std::intmax_t denominator) {
    for (const base::time_unit& each : base::time_units) {
        if (each.numerator == numerator && each.denominator == denominator) {
            return std::string{each.name};
        }
    }
    return "[" + std::to_string(numerator) + "/" + std::to_string(denominator) + "]s";
}

std::string printer::take() && {
    if (out_.size() > limits_.length) {
        out_.resize(whole_characters(out_, limits_.length).size());
        out_ += cut_mark;
    }
    return std::move(out_);
}

void printer::text(std::string_view words) {
    if (!is_full()) {
        out_ += words;
    }
}

void printer::quoted(std::string_view words) {
    if (is_full()) {
        return;
    }
    const std::string_view shown = whole_characters(words, limits_.length - out_.size());
    out_ += '"';
    out_ += printable(with_backslashes(shown, '"'));
    out_ += shown.size() < words.size() ? cut_mark : "\"";
}

void printer::character(char one) {
    text("'");
    text(printable(with_backslashes({&one, 1}, '\'')));
    text("'");
}

void printer::number(std::int64_t value) {
    append_number(out_, value);
}
void printer::number(std::uint64_t value) {
    append_number(out_, value);
}
void printer::number(double value) {
    append_number(out_, value);
}

void printer::unit(std::intmax_t numerator, std::intmax_t denominator) {
    text(unit_name(numerator, denominator));
}

void printer::type(const std::type_info& type) {
    text(readable_type_name(type));
}

void printer::short_type(const std::type_info& type) {
    text(short_type_name(type));
}

void printer::field(std::string_view name, std::size_t index) {
    if (name.empty()) {
        number(static_cast<std::uint64_t>(index + 1));
    } else {
        text(name);
    }
    text(": ");
}

bool printer::descend() {
    if (++depth_ > limits_.depth) {
        text(cut_mark);
        return false;
    }
    return true;
}

void printer::foreign(const std::string& said) {
    if (!is_full()) {
        out_ += printable(whole_characters(said, limits_.length + 1 - out_.size()));
    }
}

void printer::could_not(std::string_view how) {
    out_ += "(could not be printed: its ";
    out_ += how;
    out_ += " threw)";
}

printer::nested::nested(printer& of, char open, char close, bool has_limit)
    : of_{of}, close_{close}, has_limit_{has_limit}, level_{(of.text({&open, 1}), of)} {}

printer::nested::~nested() {
    of_.text({&close_, 1});
}

bool printer::nested::next_item() const {
    if (!goes_on()) {
        return false;
    }
    if (of_.is_full()) {
        is_over_ = true;
        return false;
    }
    if (items_ > 0) {
        of_.text(", ");
    }
    if (has_limit_ && items_ == of_.limits_.items) {
        of_.text(cut_mark);
        is_over_ = true;
        return false;
    }
    ++items_;
    return true;
}

std::string streamed(const void* value, void (*write)(std::ostream&, const void*)) {
    std::ostringstream out;
    write(out, value);
    return std::move(out).str();
}

}  // namespace coppice::detail
