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

/// Separated by blanks. "…" and '…' keep blanks together; in the first, and outside of both, \ takes
/// the next character as it is. Or what is wrong.
[[nodiscard]] std::expected<words, std::string> split_words(std::string_view line);

/// So that `split_words` gives it back as one word.
[[nodiscard]] std::string as_word(std::string_view word);

/// The candidate with the fewest letters to change, if they are few.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// "; did you mean X?", or nothing.
[[nodiscard]] std::string proposal(std::string_view word, std::span<const std::string> candidates);

}  // namespace coppice::cli
