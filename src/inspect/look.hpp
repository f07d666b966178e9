// SPDX-License-Identifier: Apache-2.0
// Looks at a tree from outside. Workers are not asked at all, and a supervisor has a limit: one that does
// not answer in time is busy, and is shown so.

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

/// How long one supervisor may take, and one that others are waiting behind.
inline constexpr std::chrono::milliseconds patience_supervisor{500};
inline constexpr std::chrono::milliseconds patience_each{50};

/// Until `end`, at most `limit`.
[[nodiscard]] std::chrono::nanoseconds time_for(std::chrono::nanoseconds end,
                                                std::chrono::nanoseconds limit);

/// A process in a tree, with some of its children if it is open.
struct seen_node {
    std::string id;
    pid process;  ///< Empty unless running.
    std::string name;
    child_type kind = child_type::worker;
    bool is_application = false;
    child_status status = child_status::running;
    std::int64_t restarts = 0;
    std::string last_exit;  ///< Empty if it is in its first life.
    std::size_t queue = 0;
    bool busy = false;
    bool stuck = false;

    // Of a supervisor.
    std::string strategy;  ///< Empty: unknown, or none.
    std::int64_t used = 0;
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::size_t children_count = 0;
    bool is_open = false;
    std::vector<seen_node> children;

    bool operator==(const seen_node&) const = default;
};

/// A process at the top: it has no supervisor.
struct root_process {
    pid process;
    std::string application;  ///< Whose top supervisor it is; else empty.
};

/// Where processes come from, which never changes: so that a watch asks each once.
class origins {
  public:
    struct origin {
        pid parent;
        bool is_of_the_library = false;  ///< It starts, holds or stops applications.
    };
    /// Nothing if it does not answer in time, or has ended.
    [[nodiscard]] task<std::optional<origin>> of(pid who, std::chrono::nanoseconds end);

  private:
    std::unordered_map<pid, origin> known_;
};

class tree_reader {
  public:
    /// `hidden` is the endpoint's own supervisor.
    tree_reader(pid hidden, std::chrono::nanoseconds end);

    std::size_t offset = 0;  ///< Of the children of each node.
    std::size_t limit = 1000;

    [[nodiscard]] task<std::vector<root_process>> roots(origins& known) const;
    /// That node with `depth` levels below it. What is too much for one answer stays closed.
    [[nodiscard]] task<seen_node> read(root_process root, unsigned depth);
    /// Again what can be seen without asking anybody: names, queues and who is stuck.
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
