// SPDX-License-Identifier: Apache-2.0
// An endpoint's view of the calling process's runtime, beyond the questions open to processes.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coppice/statistics.hpp"
#include "coppice/stuck_process.hpp"
#include "coppice/tree.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Read without asking the processes, in the order of `all`. A process that has ended gets an empty pid.
[[nodiscard]] std::vector<process_glance> glances_at(const std::vector<pid>& all);
/// Facts about a process that are fixed at birth. As process_info, without the parts that grow with the tree.
struct origin {
    std::string initial_call;
    pid parent;
    body_kind kind;
};
/// Empty if the process has ended, or does not answer in time.
[[nodiscard]] task<std::optional<origin>> origin_within(pid who, nanoseconds timeout);

/// As `runtime::stuck_processes`.
[[nodiscard]] std::vector<stuck_process> stuck_processes();
/// Processes started from outside, oldest first. Some may have ended.
[[nodiscard]] std::vector<pid> root_processes();

/// As a snapshot one level deep, but only the supervisor is asked: a child's node holds only facts known to
/// the supervisor. A process that is no supervisor becomes a worker. `busy` if the process has ended or does
/// not answer in time.
[[nodiscard]] task<tree_node> describe_supervisor(pid who, snapshot_part part, nanoseconds timeout);

/// A supervisor's facts about one child. The child is asked only for its parent. Empty without a
/// supervisor, or if the supervisor does not answer in time.
[[nodiscard]] task<std::optional<tree_node>> describe_child(pid who, nanoseconds timeout);

}  // namespace coppice::detail

#pragma GCC visibility pop
