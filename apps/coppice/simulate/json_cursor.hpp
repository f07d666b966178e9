// SPDX-License-Identifier: Apache-2.0
// Walks a JSON value and tracks the path, so that every error message names its place.

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/scenario_reader.hpp"

namespace coppice::cli {

class json_cursor {
  public:
    json_cursor(const nlohmann::json& value, std::string path)
        : value_{&value}, path_{std::move(path)} {}

    [[noreturn]] void fail(const std::string& problem) const {
        throw scenario_error{path_, problem};
    }

    /// Requires an object with no other keys than `known`.
    void require_object(const std::vector<std::string_view>& known) const;
    bool has(std::string_view key) const { return value_->contains(key); }
    /// The member `key`; fails if absent.
    json_cursor at(std::string_view key) const;
    std::vector<json_cursor> items() const;

    std::string text() const;
    std::string text_that_is_not_empty() const;
    bool boolean() const;
    /// A whole number in [least, most].
    std::int64_t integer(std::int64_t least, std::int64_t most) const;
    /// A number in [least, most].
    double number(double least, double most) const;
    bool is_integer() const { return value_->is_number_integer(); }
    /// The position of the text in `words`; fails with the list of words otherwise.
    std::size_t one_of(const std::vector<std::string_view>& words) const;
    const std::string& path() const noexcept { return path_; }

  private:
    const nlohmann::json* value_;
    std::string path_;
};

/// The word of `words` most similar to `word`; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string_view>& words);
std::string listed(const std::vector<std::string_view>& words);

}  // namespace coppice::cli
