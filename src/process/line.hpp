// SPDX-License-Identifier: Apache-2.0
// A line: all that descend from one process, linked or not. What Erlang's group leaders are for
// applications; here it follows from the ancestry that processes have anyway.

#pragma once

#include "coppice/pid.hpp"
#include "coppice/task.hpp"

namespace coppice::detail {

/// The calling process becomes the first of its line: what it spawns from now on descends from it and
/// from nobody before.
void begin_line();

/// The first of that process's line; empty for one that was started from outside or begins a line, and
/// for one that has ended. Answered after the caller's earlier signals to it, also for a process whose
/// handler does not return.
[[nodiscard]] task<pid> first_of_line(pid who);

}  // namespace coppice::detail
