// SPDX-License-Identifier: Apache-2.0

#include "inspect/node_json.hpp"

#include <utility>

namespace coppice::inspect {
namespace {

std::string_view kind_of(const seen_node& node) {
    return node.is_application ? std::string_view{"application"} : to_string(node.kind);
}

json window_of(const seen_node& node) {
    return {{"used", node.used}, {"max", node.max_restarts}, {"seconds", node.max_seconds.count()}};
}

}  // namespace

std::string_view status_text(child_status status) noexcept {
    switch (status) {
        case child_status::running:
            return "running";
        case child_status::restarting:
            return "restarting";
        case child_status::stopped:
            return "terminated";
    }
    return "terminated";
}

json to_json(const seen_node& node) {
    json out;
    out["id"] = node.id;
    out["pid"] = pid_or_null(node.process);
    out["name"] = text_or_null(node.name);
    out["kind"] = kind_of(node);
    out["status"] = status_text(node.status);
    if (node.restarts_in) {
        out["restarts_in"] = node.restarts_in->count();
    }
    out["strategy"] = text_or_null(node.strategy);
    out["restarts"] = node.restarts;
    out["window"] = node.strategy.empty() ? json(nullptr) : window_of(node);
    out["last_exit"] = text_or_null(node.last_exit);
    out["queue"] = node.queue;
    out["busy"] = node.busy;
    out["stuck"] = node.stuck;
    out["children_count"] = node.children_count;
    if (node.is_open) {
        json children = json::array();
        for (const seen_node& each : node.children) {
            children.push_back(to_json(each));
        }
        out["children"] = std::move(children);
    }
    return out;
}

}  // namespace coppice::inspect
