// SPDX-License-Identifier: Apache-2.0
// Looks at a tree from outside. Workers get no request at all. A request to a supervisor has a time limit: a
// supervisor that is late is shown as busy.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/pid.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/task.hpp"
#include "coppice/tree.hpp"

namespace coppice::inspect {

/// The limit for one supervisor, and the shorter limit for each of many processes in a row.
inline constexpr std::chrono::milliseconds patience_supervisor{500};
inline constexpr std::chrono::milliseconds patience_each{50};

/// The time left until `end`, at most `limit`.
[[nodiscard]] std::chrono::nanoseconds time_for(std::chrono::nanoseconds end,
                                                std::chrono::nanoseconds limit);

/// A process in a tree, with some of its children if the node is open.
struct seen_node {
    std::string id;
    pid process;  ///< Empty unless running.
    std::string name;
    child_type kind = child_type::worker;
    bool is_application = false;
    child_status status = child_status::running;
    std::int64_t restarts = 0;
    /// Of a child that waits for its back-off: the rest of the delay.
    std::optional<std::chrono::milliseconds> restarts_in;
    /// Empty before the first restart.
    std::string last_exit;
    std::size_t queue = 0;
    bool busy = false;
    bool stuck = false;

    // For a supervisor only.
    /// Empty if unknown or without strategy.
    std::string strategy;
    std::int64_t used = 0;
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::size_t children_count = 0;
    bool is_open = false;
    std::vector<seen_node> children;

    bool operator==(const seen_node&) const = default;
};

/// A process at the top, without a supervisor.
struct root_process {
    pid process;
    /// The application of this top supervisor; otherwise empty.
    std::string application;
};

/// Origins of processes. An origin never changes, so a watch asks each process once.
class origins {
  public:
    struct origin {
        pid parent;
        /// The process starts, holds or stops applications.
        bool is_of_the_library = false;
    };
    /// Empty if the process is late or has ended.
    [[nodiscard]] task<std::optional<origin>> of(pid who, std::chrono::nanoseconds end);

  private:
    std::unordered_map<pid, origin> known_;
};

class tree_reader {
  public:
    /// `hidden` is the supervisor of the endpoint.
    tree_reader(pid hidden, std::chrono::nanoseconds end);

    std::size_t offset = 0;  ///< Offset into the children of each node.
    std::size_t limit = 1000;

    [[nodiscard]] task<std::vector<root_process>> roots(origins& known) const;
    /// The node of `root` with `depth` levels below. Nodes beyond the size of one answer stay closed.
    [[nodiscard]] task<seen_node> read(root_process root, unsigned depth);
    /// Updates the facts that need no request: names, queues and stuck processes.
    void refresh(seen_node& node) const;

  private:
    task<> open(seen_node& node, unsigned depth);
    void take_children(seen_node& node, std::vector<tree_node>& told);
    void glance(const std::vector<seen_node*>& nodes) const;

    pid hidden_;
    std::chrono::nanoseconds end_;
    std::size_t bytes_left_ = std::size_t{768} * 1024;
    std::unordered_set<pid> stuck_;
};

}  // namespace coppice::inspect
