// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "coppice/detail/endpoint_view.hpp"
#include "coppice/process.hpp"
#include "coppice/tree.hpp"
#include "observe/ask_supervisor.hpp"

namespace coppice {
namespace {

using detail::nanoseconds;
using supervise::child_description;
using supervise::supervisor_description;

void show_in(tree_node& node, supervisor_description told) {
    node.strategy = std::move(told.strategy);
    node.restarts = told.restarts;
    node.window_restarts = told.window_restarts;
    node.max_restarts = told.max_restarts;
    node.max_seconds = told.max_seconds;
    node.children_count = told.children_count;
    for (child_description& each : told.children) {
        tree_node child;
        child.id = std::move(each.info.id);
        child.process = each.info.process;
        child.type = each.info.type;
        child.status = each.info.status;
        child.times_restarted = each.restarts;
        child.last_exit = std::move(each.last_exit);
        child.restarts_in = each.info.restarts_in;
        node.children.push_back(std::move(child));
    }
}

task<> fill(tree_node& node, snapshot_part part, nanoseconds end) {
    if (!node.process) {
        co_return;
    }
    auto asking = detail::process_info_within(node.process, observe::time_left(end));
    const detail::late_information late = co_await asking;
    if (!late.answered) {
        node.busy = true;
        co_return;
    }
    const std::vector<process_information>& information = late.information;
    if (information.empty()) {
        node.status = child_status::stopped;
        node.process = {};
        co_return;
    }
    node.name = information[0].registered_name;
    node.message_queue_len = information[0].message_queue_len;
    if (!information[0].is_supervisor) {
        co_return;
    }
    node.type = child_type::supervisor;
    const supervise::describe_request asked{part.offset, part.depth == 0 ? 0 : part.limit, {}};
    auto describing = observe::ask_supervisor<supervisor_description>(
        node.process, information[0].behaviour, asked, end);
    auto described = co_await describing;
    node.busy = !described;
    if (described) {
        show_in(node, std::move(*described));
    }
    const snapshot_part below{part.depth - (part.depth > 0 ? 1U : 0U), part.offset, part.limit};
    for (tree_node& child : node.children) {
        co_await fill(child, below, end);
    }
}

/// Sends a request to the supervisor alone, not to its children.
task<tree_node> describe(pid who, supervise::describe_request asked, nanoseconds end) {
    tree_node out;
    out.process = who;
    auto asking = detail::origin_within(who, observe::time_left(end));
    const std::optional<detail::origin> known = co_await asking;
    out.busy = !known;
    if (!known || !known->kind.supervises) {
        co_return out;
    }
    out.type = child_type::supervisor;
    auto describing =
        observe::ask_supervisor<supervisor_description>(who, known->kind.behaviour, asked, end);
    auto described = co_await describing;
    out.busy = !described;
    if (described) {
        show_in(out, std::move(*described));
    }
    co_return out;
}

}  // namespace

task<tree_node> detail::describe_supervisor(pid who, snapshot_part part, nanoseconds timeout) {
    const supervise::describe_request asked{part.offset, part.depth == 0 ? 0 : part.limit, {}};
    auto describing = describe(who, asked, time_after(timeout));
    co_return co_await describing;
}

task<std::optional<tree_node>> detail::describe_child(pid who, nanoseconds timeout) {
    const nanoseconds end = time_after(timeout);
    auto asking = origin_within(who, observe::time_left(end));
    const std::optional<origin> known = co_await asking;
    if (!known || !known->parent) {
        co_return std::nullopt;
    }
    const supervise::describe_request asked{0, 0, who};
    auto describing = describe(known->parent, asked, end);
    tree_node supervisor = co_await describing;
    if (supervisor.children.empty()) {
        co_return std::nullopt;
    }
    co_return std::move(supervisor.children.front());
}

task<tree_node> snapshot(pid root, time_span deadline) {
    const snapshot_part all;
    auto looking = snapshot(root, all, deadline);
    co_return co_await looking;
}

task<tree_node> snapshot(pid root, snapshot_part part, time_span deadline) {
    tree_node out;
    out.process = root;
    co_await fill(out, part, detail::time_after(deadline));
    out.id = out.name.empty() ? to_string(root) : out.name;
    co_return out;
}

}  // namespace coppice
