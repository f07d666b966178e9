// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coppice/supervisor.hpp"

namespace coppice::detail {

/// What both kinds of supervisors answer to who draws the tree.
struct describe_request {};
struct supervisor_description {
    std::string strategy;
    std::int64_t restarts = 0;
    std::vector<child_info> children;  ///< Oldest first where there is an order.
};

}  // namespace coppice::detail
