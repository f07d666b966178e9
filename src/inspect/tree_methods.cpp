// SPDX-License-Identifier: Apache-2.0
// Methods about supervisors: tree, which_children, count_children, explain.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/explain.hpp"
#include "coppice/sys.hpp"
#include "inspect/ask.hpp"
#include "inspect/methods.hpp"
#include "inspect/node_json.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {
namespace {

constexpr bounds depths{1, 64};
constexpr bounds offsets{0, INT64_MAX};
constexpr bounds limits{1, 1000};

task<json> tree(const asked& what) {
    tree_reader reader{whereis(what.facts->process_name()), what.end};
    reader.offset = static_cast<std::size_t>(what.given.number("offset", 0, offsets));
    reader.limit = static_cast<std::size_t>(what.given.number("limit", 1000, limits));
    const auto depth = static_cast<unsigned>(what.given.number("depth", depths.most, depths));
    std::vector<root_process> roots;
    origins known;
    if (what.given.has("root")) {
        roots.push_back({what.given.process("root"), {}});
    } else {
        auto looking = reader.roots(known);
        roots = co_await looking;
    }
    json shown = json::array();
    for (const root_process& each : roots) {
        auto reading = reader.read(each, depth);
        const seen_node read = co_await reading;
        shown.push_back(to_json(read));
    }
    json out;
    out["roots"] = std::move(shown);
    co_return out;
}

json to_json(const child_info& child) {
    json out{{"id", child.id},
             {"pid", pid_or_null(child.process)},
             {"status", status_text(child.status)},
             {"kind", to_string(child.type)}};
    if (child.restarts_in) {
        out["restarts_in"] =
            std::chrono::ceil<std::chrono::milliseconds>(*child.restarts_in).count();
    }
    return out;
}

/// Oldest first, where an order exists.
task<std::vector<child_info>> children_of(pid supervisor, std::chrono::nanoseconds time) {
    const sys::target target{supervisor};
    auto asking = sys::try_get_status(target, time);
    const auto told = co_await asking;
    require_done(told);
    co_return told->supervisor ? told->supervisor->children : std::vector<child_info>{};
}

task<json> which_children(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information asked_one = co_await finding;
    auto asking = children_of(asked_one.process, time_for(what.end, patience_supervisor));
    const std::vector<child_info> all = co_await asking;
    json out = json::array();
    for (const child_info& each : all) {
        json restart;
        if (!is_dynamic(asked_one)) {
            const supervisor asked_supervisor{asked_one.process};
            auto asking_spec = asked_supervisor.get_childspec(each.id);
            const auto spec = co_await asking_spec;
            if (spec) {
                restart = to_string(spec->restart());
            }
        }
        json child = to_json(each);
        child["restart"] = std::move(restart);
        out.push_back(std::move(child));
    }
    co_return out;
}

json to_json(const child_counts& counted) {
    return {{"specs", counted.specs},
            {"active", counted.active},
            {"supervisors", counted.supervisors},
            {"workers", counted.workers}};
}

task<json> count_children(const asked& what) {
    auto finding = find_supervisor(what);
    const process_information asked_one = co_await finding;
    child_counts counted;
    if (is_dynamic(asked_one)) {
        const dynamic_supervisor asked_supervisor{asked_one.process};
        auto asking = asked_supervisor.count_children();
        counted = co_await asking;
    } else {
        const supervisor asked_supervisor{asked_one.process};
        auto asking = asked_supervisor.count_children();
        counted = co_await asking;
    }
    co_return to_json(counted);
}

json step_of(const explanation& told) {
    json actions = json::array();
    for (const planned_action& each : told.actions) {
        actions.push_back({{"kind", to_string(each.kind)},
                           {"child", each.child},
                           {"pid", pid_or_null(each.process)}});
    }
    return {{"supervisor", to_string(told.supervisor)},
            {"name", told.supervisor_name},
            {"child", told.child},
            {"strategy", told.strategy},
            {"restarts", told.restarts},
            {"max_restarts", told.max_restarts},
            {"max_seconds", told.max_seconds.count()},
            {"restarted", told.restarted},
            {"shuts_down", told.shuts_down},
            {"busy", told.busy},
            {"actions", std::move(actions)}};
}

task<json> explained(const asked& what) {
    const pid who = what.given.process();
    auto explaining =
        explain(who, what.given.reason("reason", "kill"), time_for(what.end, patience_supervisor));
    const std::vector<explanation> told = co_await explaining;
    json out;
    out["text"] = told.empty()
                      ? to_string(who) + " is no child of a supervisor: nothing restarts it\n"
                      : to_text(told);
    json steps = json::array();
    for (const explanation& each : told) {
        steps.push_back(step_of(each));
    }
    out["steps"] = std::move(steps);
    co_return out;
}

constexpr std::array table{
    method{"tree", false, tree},
    method{"which_children", false, which_children},
    method{"count_children", false, count_children},
    method{"explain", false, explained},
};

}  // namespace

std::span<const method> tree_methods() {
    return table;
}

}  // namespace coppice::inspect
