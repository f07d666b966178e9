// SPDX-License-Identifier: Apache-2.0
// Snapshots of a supervision tree, and their rendering as text, Mermaid, Graphviz, JSON and SVG.
//
//     const tree_node tree = co_await snapshot(whereis("top"), 100ms);
//     std::cout << to_text(tree);
//
// Threads    `snapshot` inside a process, the rest anywhere.
// Blocking   `snapshot` is awaited, and queries each process once. A process that does not answer within
//            the deadline is shown as busy, with no children. No process in the tree waits for the snapshot.
// Ownership  A snapshot is a copy, and keeps no process alive.
// Errors     No answer in time is a value, `tree_node::busy`.
// Cost       One process-information request for each process, and one call for each supervisor.
// Today      `tree_node` and the objects of `to_json` may gain fields. The other forms are for people, and
//            their look may change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A process of the tree at the time of the snapshot, or a child without a process.
struct tree_node {
    /// The id in the child's spec. Of the root: the registered name, else the pid.
    std::string id;
    pid process;       ///< Empty unless the process runs.
    std::string name;  ///< The registered name; empty if there is none.
    /// A process that is a supervisor is always of type supervisor.
    child_type type = child_type::worker;
    /// `stopped` also if the process ended during the snapshot.
    child_status status = child_status::running;
    std::size_t message_queue_len = 0;  ///< Messages in the mailbox.
    std::string strategy;               ///< Of a supervisor; `dynamic` for a dynamic supervisor.
    std::int64_t restarts = 0;  ///< Restarts that a supervisor has carried out since its own start.
    bool busy = false;          ///< The process did not answer within the deadline.
    std::vector<tree_node> children;  ///< Oldest first; of a dynamic supervisor in no order.

    // From the supervisor of this process. The root of a snapshot has the defaults.
    std::int64_t times_restarted = 0;  ///< How often the supervisor has restarted this child.
    /// Why the child's previous process ended. Nothing while the child's first process is alive.
    std::optional<exit_reason> last_exit;
    /// The rest of the delay before the restart, for a child that waits for its back-off.
    std::optional<std::chrono::nanoseconds> restarts_in;

    // Only of a supervisor.
    std::int64_t window_restarts = 0;     ///< Restarts that count now towards `max_restarts`.
    std::int64_t max_restarts = 0;        ///< As in the supervisor's flags, and so is the next.
    std::chrono::seconds max_seconds{0};  ///< The window of `max_restarts`.
    std::size_t children_count = 0;       ///< All children, even if `children` holds only a part.
};

/// Selects a part of a tree.
struct snapshot_part {
    unsigned depth = 64;           ///< Levels below the root. 0: only the root.
    std::size_t offset = 0;        ///< Children of each node to skip, in the order of `children`.
    std::size_t limit = SIZE_MAX;  ///< Most children of each node, after `offset`.
};

/// The tree from `root` down. The deadline is for all processes together. Precondition: the caller is a
/// process outside of the tree.
[[nodiscard]] task<tree_node> snapshot(pid root, time_span deadline = std::chrono::seconds{1});
/// Only the part: a supervisor copies only the selected children.
[[nodiscard]] task<tree_node> snapshot(pid root, snapshot_part part,
                                       time_span deadline = std::chrono::seconds{1});

/// Lines with tree branches, for a terminal.
[[nodiscard]] std::string to_text(const tree_node& root);
/// A Mermaid flowchart.
[[nodiscard]] std::string to_mermaid(const tree_node& root);
/// A Graphviz digraph.
[[nodiscard]] std::string to_dot(const tree_node& root);
/// Nested JSON objects with id, pid, name, type, state (`busy` for no answer), strategy, restarts,
/// message_queue_len and children.
[[nodiscard]] std::string to_json(const tree_node& root);
/// An SVG picture, from left to right, that follows the viewer's dark or light colour scheme. Green borders
/// mark restarted children, red boxes crashed children that are not back, orange boxes terminated children,
/// and dashed borders busy processes.
[[nodiscard]] std::string to_svg(const tree_node& root);

}  // namespace coppice

#pragma GCC visibility pop
