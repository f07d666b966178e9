// SPDX-License-Identifier: Apache-2.0
// Trees to look at: a snapshot of a supervision tree, and how it is drawn.
//
//     const tree_node tree = co_await snapshot(whereis("top"), 100ms);
//     std::cout << to_text(tree);
//
// Blocking   `snapshot` asks each process once. One that does not answer within the deadline is shown
//            as busy, with nothing below it; nobody in the tree waits for the snapshot.
// Cost       A call and, for each child, a process_info.

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
    pid process;  ///< Empty unless running.
    std::string name;
    child_type type = child_type::worker;
    child_status status = child_status::running;
    std::size_t message_queue_len = 0;
    std::string strategy;             ///< A supervisor's; "dynamic" for a dynamic one.
    std::int64_t restarts = 0;        ///< That a supervisor has carried out since it started.
    bool busy = false;                ///< It did not answer in time.
    std::vector<tree_node> children;  ///< Oldest first.

    // What its own supervisor tells of it.
    std::int64_t times_restarted = 0;
    std::optional<exit_reason>
        last_exit;  ///< Why its last life ended; nothing if it is in its first.

    // Of a supervisor.
    std::int64_t window_restarts = 0;  ///< That count now towards `max_restarts`.
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::size_t children_count = 0;  ///< All, also when `children` has only some.
};

/// Which part of a tree.
struct snapshot_part {
    unsigned depth = 64;           ///< Levels below the root. 0: the root alone.
    std::size_t offset = 0;        ///< Children of each node that are passed over, oldest first.
    std::size_t limit = SIZE_MAX;  ///< Children of each node after those.
};

/// The tree below `root`. Precondition: the caller is a process outside of that tree.
[[nodiscard]] task<tree_node> snapshot(pid root, time_span deadline = std::chrono::seconds{1});
/// Only that part: a supervisor copies no more of its children than are asked for.
[[nodiscard]] task<tree_node> snapshot(pid root, snapshot_part part,
                                       time_span deadline = std::chrono::seconds{1});

/// Lines with branches, for a terminal.
[[nodiscard]] std::string to_text(const tree_node& root);
/// A Mermaid flowchart.
[[nodiscard]] std::string to_mermaid(const tree_node& root);
/// A Graphviz digraph.
[[nodiscard]] std::string to_dot(const tree_node& root);
[[nodiscard]] std::string to_json(const tree_node& root);
/// A picture, from left to right, that follows the reader's dark or light colours: green around what was
/// restarted, red for a crashed child that is not back, orange for a terminated one, dashes for busy.
[[nodiscard]] std::string to_svg(const tree_node& root);

}  // namespace coppice

#pragma GCC visibility pop
