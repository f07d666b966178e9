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

/// Asks all children at once, kills each when its time is over, and waits for all ends. It takes as
/// long as the slowest. Links stay in place until then: if the caller is killed meanwhile, no child
/// is left.
[[nodiscard]] task<std::vector<stopping_child>> stop_children(std::vector<stopping_child> children);

}  // namespace coppice::supervise
