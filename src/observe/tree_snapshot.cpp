// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/tree.hpp"
#include "supervise/dynamic_supervisor_server.hpp"
#include "supervise/supervisor_server.hpp"

namespace coppice {
namespace {

using detail::nanoseconds;
using detail::supervisor_description;

template <class Server>
task<bool> describe(tree_node& node, nanoseconds deadline) {
    const server<Server> asked{node.process};
    auto asking = asked.try_call(detail::describe_request{}, deadline);
    auto answer = co_await asking;
    if (!answer) {
        co_return false;
    }
    supervisor_description& told = *answer;
    node.strategy = std::move(told.strategy);
    node.restarts = told.restarts;
    for (child_info& each : told.children) {
        tree_node child;
        child.id = std::move(each.id);
        child.process = each.process;
        child.type = each.type;
        child.status = each.status;
        node.children.push_back(std::move(child));
    }
    co_return true;
}

nanoseconds time_left(nanoseconds end) {
    return std::max(end - detail::now(), nanoseconds{1});
}

task<> fill(tree_node& node, nanoseconds end) {
    if (!node.process) {
        co_return;
    }
    auto asking = detail::process_info_within(node.process, time_left(end));
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
    const nanoseconds left = time_left(end);
    const bool is_dynamic = information[0].initial_call == "dynamic_supervisor";
    const bool answered = is_dynamic
                              ? co_await describe<detail::dynamic_supervisor_server>(node, left)
                              : co_await describe<detail::supervisor_server>(node, left);
    node.busy = !answered;
    for (tree_node& child : node.children) {
        co_await fill(child, end);
    }
}

}  // namespace

task<tree_node> snapshot(pid root, time_span deadline) {
    tree_node out;
    out.process = root;
    co_await fill(out, detail::time_after(deadline));
    out.id = out.name.empty() ? to_string(root) : out.name;
    co_return out;
}

}  // namespace coppice
