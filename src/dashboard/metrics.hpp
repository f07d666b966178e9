// SPDX-License-Identifier: Apache-2.0
// The figures of the program as metrics. Pure.

#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

namespace coppice::dashboard {

/// How many children have their own series; more would make a Prometheus database unusable.
inline constexpr std::size_t labelled_children_max = 1000;

/// Results of inspect methods; null for a result that the program did not give.
struct measured {
    bool is_up = false;
    nlohmann::json statistics = {};
    nlohmann::json tree = {};
    /// Result of `processes`, sorted by queue.
    nlohmann::json longest_queue = {};
    std::size_t browsers = 0;
};

[[nodiscard]] std::string metrics_text(const measured& program);

}  // namespace coppice::dashboard
