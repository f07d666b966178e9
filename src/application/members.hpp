// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/pid.hpp"
#include "coppice/task.hpp"

namespace coppice::application::detail {

/// Kills the processes of the application with that master, and processes spawned meanwhile, until no process
/// is left. The caller is spared.
[[nodiscard]] task<> kill_members(pid master);

}  // namespace coppice::application::detail
