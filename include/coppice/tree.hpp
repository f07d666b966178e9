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
#include <cstdint>
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
};

/// The tree below `root`. Precondition: the caller is a process outside of that tree.
[[nodiscard]] task<tree_node> snapshot(pid root, time_span deadline = std::chrono::seconds{1});

/// Lines with branches, for a terminal.
[[nodiscard]] std::string to_text(const tree_node& root);
/// A Mermaid flowchart.
[[nodiscard]] std::string to_mermaid(const tree_node& root);
/// A Graphviz digraph.
[[nodiscard]] std::string to_dot(const tree_node& root);
[[nodiscard]] std::string to_json(const tree_node& root);

}  // namespace coppice

#pragma GCC visibility pop
