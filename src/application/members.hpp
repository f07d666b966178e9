// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/pid.hpp"
#include "coppice/task.hpp"

namespace coppice::application::detail {

/// Kills the processes that belong to the application of that master, and what they spawn meanwhile,
/// until there are none. The caller is spared.
[[nodiscard]] task<> kill_members(pid master);

}  // namespace coppice::application::detail
