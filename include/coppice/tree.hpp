// SPDX-License-Identifier: Apache-2.0
// Snapshots of a supervision tree, and their rendering as text, Mermaid, Graphviz, JSON and SVG.
//
//     const tree_node tree = co_await snapshot(whereis("top"), 100ms);
//     std::cout << to_text(tree);
//
// Blocking   `snapshot` is awaited, and queries each process once. A process that does not answer within
//            the deadline is shown as busy, with no children. No process in the tree waits for the snapshot.
// Cost       One process-information request for each process, and one call for each supervisor.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

struct tree_node {
    std::string id;
    pid process;  ///< Empty unless the process runs.
    std::string name;
    child_type type = child_type::worker;
    child_status status = child_status::running;
    std::size_t message_queue_len = 0;
    std::string strategy;       ///< Of a supervisor; `dynamic` for a dynamic supervisor.
    std::int64_t restarts = 0;  ///< Restarts that a supervisor has carried out since its own start.
    bool busy = false;          ///< The process did not answer within the deadline.
    std::vector<tree_node> children;  ///< Oldest first; of a dynamic supervisor in no order.

    // From the supervisor of this process. The root of a snapshot has the defaults.
    std::int64_t times_restarted = 0;
    /// Why the child's previous process ended. Nothing while the child's first process is alive.
    std::optional<exit_reason> last_exit;

    // Only of a supervisor.
    std::int64_t window_restarts = 0;  ///< Restarts that count now towards `max_restarts`.
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::size_t children_count = 0;  ///< All children, even if `children` holds only a part.
};

/// Selects a part of a tree.
struct snapshot_part {
    unsigned depth = 64;           ///< Levels below the root. 0: only the root.
    std::size_t offset = 0;        ///< Children of each node to skip, in the order of `children`.
    std::size_t limit = SIZE_MAX;  ///< Most children of each node, after `offset`.
};

/// The tree from `root` down. Precondition: the caller is a process outside of the tree.
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
[[nodiscard]] std::string to_json(const tree_node& root);
/// An SVG picture, from left to right, that follows the viewer's dark or light colour scheme. Green borders
/// mark restarted children, red boxes crashed children that are not back, orange boxes terminated children,
/// and dashed borders busy processes.
[[nodiscard]] std::string to_svg(const tree_node& root);

}  // namespace coppice

#pragma GCC visibility pop
