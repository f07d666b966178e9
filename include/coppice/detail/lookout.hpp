// SPDX-License-Identifier: Apache-2.0
// What an endpoint sees of the calling process's runtime beyond what processes are told.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coppice/statistics.hpp"
#include "coppice/stuck_process.hpp"
#include "coppice/tree.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Without asking them, in that order. One that has ended has an empty pid.
[[nodiscard]] std::vector<process_glance> glances_at(const std::vector<pid>& all);
/// What a process is from its birth on: as process_info, without what may be as long as a tree is wide.
struct origin {
    std::string initial_call;
    pid parent;
    bool is_supervisor = false;
};
/// Empty if it has ended, or does not answer in time.
[[nodiscard]] task<std::optional<origin>> origin_within(pid who, nanoseconds timeout);

/// As `runtime::stuck_processes`.
[[nodiscard]] std::vector<stuck_process> stuck_processes();
/// Those that were started from outside, oldest first; some may have ended.
[[nodiscard]] std::vector<pid> root_processes();

/// As a snapshot one level deep, but nobody is asked but the supervisor: of its children is there what it
/// knows itself. Not a supervisor: a worker. `busy` if it does not answer in time.
[[nodiscard]] task<tree_node> describe_supervisor(pid who, snapshot_part part, nanoseconds timeout);

/// What a process's supervisor knows of it, likewise; nothing if it has no supervisor, or that does not
/// answer in time.
[[nodiscard]] task<std::optional<tree_node>> describe_child(pid who, nanoseconds timeout);

}  // namespace coppice::detail

#pragma GCC visibility pop
