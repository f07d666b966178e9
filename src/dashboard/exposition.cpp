// SPDX-License-Identifier: Apache-2.0

#include "dashboard/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace coppice::dashboard {
namespace {

/// Escapes text for the format. A quotation mark is escaped only inside a quoted text.
std::string escaped(std::string_view text, bool quoted) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quoted) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

}  // namespace

void exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + escaped(help, false) + "\n# TYPE " + name_ + " ";
    text_.append(type).append("\n");
}

void exposition::sample(double value, labels given) {
    std::string series = name_;
    char before = '{';
    for (const auto& [label, content] : given) {
        series += before;
        series.append(label).append("=\"").append(escaped(content, true)).append("\"");
        before = ',';
    }
    if (before == ',') {
        series += '}';
    }
    if (series_.insert(series).second) {
        text_ += series + " " + number(value) + "\n";
    }
}

}  // namespace coppice::dashboard
