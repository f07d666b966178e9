// SPDX-License-Identifier: Apache-2.0

#include "console/words.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace coppice::cli {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// The Levenshtein distance, with one row of the table.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::expected<words, std::string> split_words(std::string_view line) {
    words found;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
            word += line[++i];
            in_word = true;
        } else if (quote != 0) {
            if (c == quote) {
                quote = 0;
            } else {
                word += c;
            }
        } else if (c == '"' || c == '\'') {
            quote = c;
            in_word = true;
        } else if (!is_blank(c)) {
            word += c;
            in_word = true;
        } else if (std::exchange(in_word, false)) {
            found.push_back(std::exchange(word, {}));
        }
    }
    if (quote != 0) {
        return std::unexpected{std::string{"a quotation is not closed: another "} + quote +
                               " is missing"};
    }
    if (in_word) {
        found.push_back(word);
    }
    return found;
}

std::string as_word(std::string_view word) {
    if (!word.empty() && word.find_first_of(" \t\"'\\") == std::string_view::npos) {
        return std::string{word};
    }
    std::string out = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    constexpr std::size_t longest = 100;
    std::optional<std::string> best;
    std::size_t fewest = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const std::string& each : candidates) {
        if (word.size() > longest || each.size() > longest) {
            continue;
        }
        const std::size_t changes = distance(word, each);
        if (changes < fewest) {
            fewest = changes;
            best = each;
        }
    }
    return best;
}

std::string proposal(std::string_view word, std::span<const std::string> candidates) {
    const auto best = nearest(word, candidates);
    return best ? "; did you mean " + *best + "?" : std::string{};
}

}  // namespace coppice::cli
