// SPDX-License-Identifier: Apache-2.0
// What the program tells of itself, as metrics. Pure.

#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

namespace coppice::dashboard {

/// Children with a series of their own; the others would make a database of Prometheus unusable.
inline constexpr std::size_t labelled_children_max = 1000;

/// Results of the inspect protocol's methods; null for what the program did not tell.
struct measured {
    bool is_up = false;
    nlohmann::json statistics = {};
    nlohmann::json tree = {};
    nlohmann::json longest_queue = {};  ///< `processes` sorted by queue.
    std::size_t browsers = 0;
};

[[nodiscard]] std::string metrics_text(const measured& program);

}  // namespace coppice::dashboard
