// SPDX-License-Identifier: Apache-2.0
// What a plan would answer to the end of a child, if every start and stop that it asks for went well. Pure.

#pragma once

#include <cstdint>
#include <vector>

#include "supervise/plan.hpp"

namespace coppice::supervise {

struct foresight {
    std::vector<action> actions;
    std::int64_t restarts = 0;  ///< In the window that ends now, with that of this end.
};

/// `imagined` is a copy. After `shut_down` follow the stops of those that still run.
foresight foresee(plan imagined, child_key ended, bool quietly, std::int64_t now_seconds);

}  // namespace coppice::supervise
