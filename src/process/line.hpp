// SPDX-License-Identifier: Apache-2.0
// A line: all descendants of one process, linked or not. Lines serve applications as group leaders do in
// Erlang, but follow from the ancestry of processes.

#pragma once

#include "coppice/pid.hpp"
#include "coppice/task.hpp"

namespace coppice::process_layer {

/// The calling process becomes the first of its line. Later children descend from the calling process and
/// from no earlier ancestor.
void begin_line();

/// The first process in the line of `who`. Empty if `who` was started from outside, begins a line, or has
/// ended. Answered after the caller's earlier signals to `who`, also if a handler of `who` does not return.
[[nodiscard]] task<pid> first_of_line(pid who);

}  // namespace coppice::process_layer
