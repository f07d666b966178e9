// SPDX-License-Identifier: Apache-2.0

#include "testing/fault_plan.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace coppice::testing {
namespace {

constexpr std::array<std::string_view, decision_kinds> words{
    "run",  "last",  "hold",       "channel",    "part",      "cross",
    "kill", "delay", "lose_timer", "fail_start", "fail_alloc"};

[[noreturn]] void refuse(std::string_view word) {
    throw std::invalid_argument{"\"" + std::string{word} +
                                "\" is no decision; write KIND@STEP or KIND@STEP:NUMBER, as in "
                                "kill@17 or run@20:2, where STEP and NUMBER are positive"};
}

std::uint64_t read_number(std::string_view digits, std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (wrong != std::errc{} || end != digits.data() + digits.size() || number == 0) {
        refuse(word);
    }
    return number;
}

decision read_decision(std::string_view word) {
    const std::size_t at = word.find('@');
    const auto* const kind = std::ranges::find(words, word.substr(0, at));
    if (at == std::string_view::npos || kind == words.end()) {
        refuse(word);
    }
    const std::string_view numbers = word.substr(at + 1);
    const std::size_t colon = numbers.find(':');
    decision out;
    out.kind = static_cast<decision_kind>(kind - words.begin());
    out.step = read_number(numbers.substr(0, colon), word);
    if (colon != std::string_view::npos) {
        out.amount = read_number(numbers.substr(colon + 1), word);
    }
    return out;
}

}  // namespace

std::string to_string(const decision& of) {
    std::string out{words.at(static_cast<std::size_t>(of.kind))};
    out += '@' + std::to_string(of.step);
    if (of.amount != 1) {
        out += ':' + std::to_string(of.amount);
    }
    return out;
}

std::string to_string(const fault_plan& plan) {
    std::string out;
    for (const decision& each : plan) {
        out += (out.empty() ? "" : " ") + to_string(each);
    }
    return out.empty() ? "plain" : out;
}

fault_plan read_plan(std::string_view text) {
    fault_plan out;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, space);
        if (!word.empty() && word != "plain") {
            out.push_back(read_decision(word));
        }
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    std::ranges::sort(out, {},
                      [](const decision& each) { return std::pair{each.step, each.kind}; });
    return out;
}

}  // namespace coppice::testing
