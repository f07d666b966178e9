// SPDX-License-Identifier: Apache-2.0
// Stopping many children at once.

#pragma once

#include <utility>
#include <vector>

#include "supervise/stop_child.hpp"

namespace coppice::supervise {

struct stopping_child {
    pid process;
    shutdown_limit limit;
    child_end end = {};
    bool has_ended = false;
};

/// Asks all children to stop at once, kills each child whose time is over, and waits for all ends. The stop
/// takes as long as the slowest child. The links stay until all children have ended: if the caller is killed
/// meanwhile, all children end too.
[[nodiscard]] task<std::vector<stopping_child>> stop_children(std::vector<stopping_child> children);

}  // namespace coppice::supervise
