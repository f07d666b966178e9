// SPDX-License-Identifier: Apache-2.0
// JSON from outside, parsed within a depth limit: printing and destruction recurse.

#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace coppice::dashboard {

// A tree of 64 levels has two levels of JSON each.
inline constexpr int json_depth_max = 256;

/// Empty if the text is no JSON, or deeper than `json_depth_max`.
[[nodiscard]] inline std::optional<nlohmann::json> read_json(std::string_view text) {
    bool too_deep = false;
    const auto within_depth = [&too_deep](int depth, auto, const auto&) {
        too_deep = too_deep || depth > json_depth_max;
        return !too_deep;
    };
    auto read = nlohmann::json::parse(text, within_depth, false);
    if (too_deep || read.is_discarded()) {
        return std::nullopt;
    }
    return read;
}

}  // namespace coppice::dashboard
