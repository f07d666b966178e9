// SPDX-License-Identifier: Apache-2.0

#include "simulate/json_cursor.hpp"

#include <algorithm>

#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

constexpr std::size_t near_max = 3;

std::size_t edits_between(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j < row.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string_view>& words) {
    std::string best;
    std::size_t least = near_max;
    for (const std::string_view candidate : words) {
        const std::size_t edits = word.size() > 64 ? near_max : edits_between(word, candidate);
        if (edits < least) {
            least = edits;
            best = candidate;
        }
    }
    return best;
}

std::string listed(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        out += i == 0 ? "" : (i + 1 == words.size() ? " or " : ", ");
        out += '"' + std::string{words[i]} + '"';
    }
    return out;
}

void json_cursor::require_object(const std::vector<std::string_view>& known) const {
    if (!value_->is_object()) {
        fail("has to be an object, {…}");
    }
    for (const auto& [key, unused] : value_->items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) {
            continue;
        }
        const std::string meant = nearest(key, known);
        fail("unknown key \"" + shortened(key) + "\"" +
             (meant.empty() ? "; remove it. Known here: " + listed(known)
                            : "; did you mean \"" + meant + "\"?"));
    }
}

json_cursor json_cursor::at(std::string_view key) const {
    if (!value_->is_object()) {
        fail("has to be an object, {…}");
    }
    if (!has(key)) {
        fail("\"" + std::string{key} + "\" is missing; add it");
    }
    return {*value_->find(key), path_ + "." + std::string{key}};
}

std::vector<json_cursor> json_cursor::items() const {
    if (!value_->is_array()) {
        fail("has to be a list, […]");
    }
    std::vector<json_cursor> out;
    for (std::size_t i = 0; i < value_->size(); ++i) {
        out.emplace_back((*value_)[i], path_ + "[" + std::to_string(i) + "]");
    }
    return out;
}

std::string json_cursor::text() const {
    if (!value_->is_string()) {
        fail("has to be a text, \"…\"");
    }
    if (value_->get_ref<const std::string&>().size() > scenario_text_max) {
        fail("is over " + std::to_string(scenario_text_max) + " bytes long; shorten it");
    }
    return value_->get<std::string>();
}

std::string json_cursor::text_that_is_not_empty() const {
    std::string out = text();
    if (out.empty()) {
        fail("is empty; write at least one character");
    }
    return out;
}

bool json_cursor::boolean() const {
    if (!value_->is_boolean()) {
        fail("has to be true or false");
    }
    return value_->get<bool>();
}

std::int64_t json_cursor::integer(std::int64_t least, std::int64_t most) const {
    const std::string range =
        "has to be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    if (!value_->is_number_integer()) {
        fail(range);
    }
    if (value_->is_number_unsigned() &&
        value_->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        fail(range);
    }
    const auto number = value_->get<std::int64_t>();
    if (number < least || number > most) {
        fail(range);
    }
    return number;
}

double json_cursor::number(double least, double most) const {
    const double value = value_->is_number() ? value_->get<double>() : most + 1;
    if (!(value >= least && value <= most)) {
        fail("has to be a number from " + nlohmann::json(least).dump() + " to " +
             nlohmann::json(most).dump());
    }
    return value;
}

std::size_t json_cursor::one_of(const std::vector<std::string_view>& words) const {
    const std::string word = text();
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
        const std::string meant = nearest(word, words);
        fail("\"" + shortened(word) + "\" is not known here; write " + listed(words) +
             (meant.empty() ? "" : " (did you mean \"" + meant + "\"?)"));
    }
    return static_cast<std::size_t>(found - words.begin());
}

}  // namespace coppice::cli
