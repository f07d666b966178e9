// SPDX-License-Identifier: Apache-2.0

#include "inspect/look.hpp"

#include <algorithm>
#include <utility>

#include "coppice/application.hpp"
#include "coppice/detail/endpoint_view.hpp"
#include "coppice/process.hpp"

namespace coppice::inspect {
namespace {

using std::chrono::nanoseconds;

/// Estimated bytes of a node in an answer, without the texts.
constexpr std::size_t node_size = 300;
/// The most roots of one answer, since no parameter limits the number of roots.
constexpr std::size_t roots_max = 500;

void take_own(seen_node& node, tree_node& told) {
    node.busy = told.busy;
    node.strategy = std::move(told.strategy);
    node.used = told.window_restarts;
    node.max_restarts = told.max_restarts;
    node.max_seconds = told.max_seconds;
    node.children_count = told.children_count;
}

seen_node child_of(tree_node& told) {
    seen_node out;
    out.id = std::move(told.id);
    out.process = told.process;
    out.kind = told.type;
    out.status = told.status;
    out.restarts = told.times_restarted;
    if (told.restarts_in) {
        out.restarts_in = std::chrono::ceil<std::chrono::milliseconds>(*told.restarts_in);
    }
    if (told.last_exit) {
        out.last_exit = to_string(*told.last_exit);
    }
    return out;
}

/// Every supervisor, and every process started from outside of the runtime.
task<std::vector<pid>> candidates(std::unordered_set<pid>& supervisors) {
    std::vector<pid> out = coppice::detail::root_processes();
    const auto take_supervisor = [&](const process_glance& each) {
        if (each.is_supervisor) {
            supervisors.insert(each.process);
            out.push_back(each.process);
        }
    };
    auto visiting = visit_processes_in_turns(take_supervisor);
    co_await visiting;
    co_return out;
}

}  // namespace

nanoseconds time_for(nanoseconds end, nanoseconds limit) {
    return std::clamp(end - monotonic_time(), nanoseconds{1}, limit);
}

tree_reader::tree_reader(pid hidden, nanoseconds end) : hidden_{hidden}, end_{end} {
    for (const stuck_process& each : coppice::detail::stuck_processes()) {
        stuck_.insert(each.process);
    }
}

task<std::optional<origins::origin>> origins::of(pid who, nanoseconds end) {
    if (const auto found = known_.find(who); found != known_.end()) {
        co_return found->second;
    }
    auto asking = coppice::detail::origin_within(who, time_for(end, patience_each));
    const auto told = co_await asking;
    if (!told) {
        co_return std::nullopt;
    }
    const bool is_of_the_library =
        told->initial_call.find("coppice::application::") != std::string::npos;
    constexpr std::size_t known_max = 100'000;
    if (known_.size() >= known_max) {
        known_.clear();
    }
    co_return known_.emplace(who, origin{told->parent, is_of_the_library}).first->second;
}

task<std::vector<root_process>> tree_reader::roots(origins& known) const {
    std::vector<root_process> out;
    // In a program the endpoint sits below a separate supervisor.
    std::unordered_set<pid> shown{hidden_, whereis("inspect")};
    for (const application::information& each : application::which_applications()) {
        if (each.top && shown.insert(each.top).second) {
            out.push_back({each.top, each.name});
        }
    }
    std::ranges::reverse(out);
    std::unordered_set<pid> supervisors;
    auto looking = candidates(supervisors);
    const std::vector<pid> asked = co_await looking;
    for (const pid& each : asked) {
        if (out.size() >= roots_max) {
            break;
        }
        if (!shown.insert(each).second) {
            continue;
        }
        auto asking = known.of(each, end_);
        const auto found = co_await asking;
        if (found && !found->is_of_the_library && !supervisors.contains(found->parent)) {
            out.push_back({each, {}});
        }
    }
    co_return out;
}

/// Fills in the facts that need no request to the process.
void tree_reader::glance(const std::vector<seen_node*>& nodes) const {
    std::vector<pid> asked;
    asked.reserve(nodes.size());
    for (const seen_node* each : nodes) {
        asked.push_back(each->process);
    }
    std::vector<process_glance> seen = coppice::detail::glances_at(asked);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (seen[i].process) {
            seen_node& node = *nodes[i];
            node.name = std::move(seen[i].name);
            node.queue = seen[i].message_queue_len;
            node.kind = seen[i].is_supervisor ? child_type::supervisor : child_type::worker;
            node.stuck = stuck_.contains(node.process);
            // Only a request shows whether a supervisor answers, so `busy` is kept for supervisors.
            node.busy = node.stuck || (seen[i].is_supervisor && node.busy);
        }
    }
}

void tree_reader::refresh(seen_node& node) const {
    std::vector<seen_node*> nodes{&node};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        for (seen_node& child : nodes[i]->children) {
            nodes.push_back(&child);
        }
    }
    glance(nodes);
}

/// Adds the visible children to an open node.
void tree_reader::take_children(seen_node& node, std::vector<tree_node>& told) {
    std::vector<seen_node*> taken;
    node.children.reserve(told.size());
    for (tree_node& each : told) {
        if (hidden_ && each.process == hidden_) {
            --node.children_count;
        } else if (bytes_left_ > 0) {
            seen_node& child = node.children.emplace_back(child_of(each));
            bytes_left_ -=
                std::min(bytes_left_, node_size + child.id.size() + child.last_exit.size());
            taken.push_back(&child);
        }
    }
    glance(taken);
}

/// Precondition: `glance` has filled in the node. Not checked: a node without a glance looks the same.
task<> tree_reader::open(seen_node& node, unsigned depth) {
    if (node.kind != child_type::supervisor || !node.process) {
        co_return;
    }
    node.is_open = depth > 0 && bytes_left_ > 0;
    const snapshot_part part{node.is_open ? 1U : 0U, offset, limit};
    auto asking = coppice::detail::describe_supervisor(node.process, part,
                                                       time_for(end_, patience_supervisor));
    tree_node told = co_await asking;
    take_own(node, told);
    node.is_open = node.is_open && !told.busy;
    take_children(node, told.children);
    for (seen_node& child : node.children) {
        auto opening = open(child, depth - 1);
        co_await opening;
    }
}

task<seen_node> tree_reader::read(root_process root, unsigned depth) {
    seen_node out;
    out.process = root.process;
    glance({&out});
    auto opening = open(out, depth);
    co_await opening;
    out.is_application = !root.application.empty();
    out.id = out.is_application ? root.application
             : out.name.empty() ? to_string(root.process)
                                : out.name;
    co_return out;
}

}  // namespace coppice::inspect
