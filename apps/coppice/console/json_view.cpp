// SPDX-License-Identifier: Apache-2.0

#include "console/json_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace coppice::cli {
namespace {

const json nothing;
const json no_list = json::array();
/// In milliseconds; a longer delay in an answer is no delay of a supervisor.
constexpr double longest_delay = 9e12;

pid pid_of(const std::string& text) {
    unsigned index = 0;
    unsigned generation = 0;
    return std::sscanf(text.c_str(), "<0.%9u.%9u>", &index, &generation) == 2
               ? pid{1, index, generation}
               : pid{};
}

child_status status_of(const std::string& text) {
    return text == "terminated"   ? child_status::stopped
           : text == "restarting" ? child_status::restarting
                                  : child_status::running;
}

}  // namespace

const json& at(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

std::string text_of(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        std::string out;
        for (const json& each : value) {
            out += (out.empty() ? "" : " ") + text_of(each);
        }
        return out;
    }
    return value.is_number() || value.is_boolean() ? value.dump() : std::string{};
}

std::string text_at(const json& object, const char* key) {
    return text_of(at(object, key));
}

double number_at(const json& object, const char* key) {
    const json& value = at(object, key);
    return value.is_number() ? value.get<double>() : 0;
}

bool flag_at(const json& object, const char* key) {
    return at(object, key) == true;
}

const json& list_at(const json& object, const char* key) {
    const json& value = at(object, key);
    return value.is_array() ? value : no_list;
}

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json parsed(const std::string& text) {
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json{} : value;
}

tree_node node_of(const json& node) {
    tree_node out;
    out.id = text_at(node, "id");
    out.process = pid_of(text_at(node, "pid"));
    out.name = text_at(node, "name");
    out.type = text_at(node, "kind") == "worker" ? child_type::worker : child_type::supervisor;
    out.status = status_of(text_at(node, "status"));
    out.message_queue_len = static_cast<std::size_t>(number_at(node, "queue"));
    out.strategy = text_at(node, "strategy");
    out.times_restarted = static_cast<std::int64_t>(number_at(node, "restarts"));
    out.restarts =
        // Part of the label.
        out.type == child_type::worker ? out.times_restarted : 0;
    out.busy = flag_at(node, "busy");
    if (node.contains("restarts_in")) {
        out.restarts_in = std::chrono::milliseconds{
            std::llround(std::clamp(number_at(node, "restarts_in"), 0.0, longest_delay))};
    }
    for (const json& child : list_at(node, "children")) {
        out.children.push_back(node_of(child));
    }
    return out;
}

tree_node whole_tree(const json& roots, const std::string& program) {
    if (roots.is_array() && roots.size() == 1) {
        return node_of(roots[0]);
    }
    tree_node all;
    all.id = program;
    all.type = child_type::supervisor;
    for (const json& root : roots) {
        all.children.push_back(node_of(root));
    }
    return all;
}

}  // namespace coppice::cli
