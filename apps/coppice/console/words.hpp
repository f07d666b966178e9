// SPDX-License-Identifier: Apache-2.0
// The words of a line. Pure.

#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::cli {

using words = std::vector<std::string>;

/// Splits at blanks. "…" and '…' keep blanks together. In "…" and outside of quotations, \ takes the next
/// character literally. An error describes the problem.
[[nodiscard]] std::expected<words, std::string> split_words(std::string_view line);

/// Quotes the word so that `split_words` returns the same word.
[[nodiscard]] std::string as_word(std::string_view word);

/// The candidate with the smallest edit distance, if that distance is small.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// "; did you mean X?", or empty.
[[nodiscard]] std::string proposal(std::string_view word, std::span<const std::string> candidates);

}  // namespace coppice::cli
