// SPDX-License-Identifier: Apache-2.0
// The answers of a dynamic supervisor about itself and its children. No function here changes the supervisor.

#include "supervise/dynamic_supervisor_server.hpp"

#include "supervise/prediction.hpp"
#include "supervise/reports.hpp"

namespace coppice::supervise {

std::vector<child_info> dynamic_supervisor_server::handle_call(detail::which_children_request) {
    std::vector<child_info> out;
    out.reserve(children_.size());
    for (child_key key = 0; key < plan_.size(); ++key) {
        out.push_back({"undefined", plan_.status_of(key), running_process(key),
                       children_[key].spec.type(), wait_left(key)});
    }
    return out;
}

child_info dynamic_supervisor_server::info_of(child_key key) const {
    const child_spec& spec = children_[key].spec;
    return {spec.id(), plan_.status_of(key), running_process(key), spec.type(), wait_left(key)};
}

pid dynamic_supervisor_server::running_process(child_key key) const {
    return plan_.status_of(key) == child_status::running ? children_[key].process : pid{};
}

supervisor_description dynamic_supervisor_server::handle_call(describe_request asked) {
    supervisor_description out;
    out.strategy = "dynamic";
    out.restarts = restarts_;
    out.window_restarts = plan_.restarts_at(supervise::whole_seconds());
    out.max_restarts = plan_.window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_.window().period()};
    out.children_count = children_.size();
    const auto add = [&](child_key key) {
        const child_history& history = children_[key].history;
        out.children.push_back({info_of(key), history.restarts(), history.last_exit()});
    };
    if (asked.child) {
        if (const child_key key = find(asked.child); key != no_child) {
            add(key);
        }
        return out;
    }
    for (std::size_t at = asked.offset; at < plan_.size() && out.children.size() < asked.limit;
         ++at) {
        add(static_cast<child_key>(at));
    }
    return out;
}

sys::supervisor_status dynamic_supervisor_server::state() const {
    sys::supervisor_status out;
    out.strategy = "dynamic";
    out.max_restarts = plan_.window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_.window().period()};
    out.window_restarts = plan_.restarts_at(supervise::whole_seconds());
    out.max_children = plan_.max_children();
    out.restarts = restarts_;
    out.children.reserve(children_.size());
    for (child_key key = 0; key < plan_.size(); ++key) {
        out.children.push_back(info_of(key));
    }
    return out;
}

std::string dynamic_supervisor_server::format_status() const {
    return "dynamic, children: " + std::to_string(children_.size());
}

planned_action dynamic_supervisor_server::planned(const supervise::action& next) const {
    planned_action out{supervise::planned_kind_of(next.kind), {}, {}};
    if (next.child != no_child) {
        out.child = children_[next.child].spec.id();
        out.process = running_process(next.child);
    }
    return out;
}

explanation dynamic_supervisor_server::handle_call(const explain_request& asked) const {
    explanation out{.process = asked.process, .why = asked.why};
    const child_key key = find(asked.process);
    if (key == no_child || plan_.status_of(key) != child_status::running) {
        return out;
    }
    out.supervisor = self();
    out.child = children_[key].spec.id();
    out.strategy = "dynamic";
    out.max_restarts = plan_.window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_.window().period()};
    const supervise::prediction ahead = supervise::predict(
        plan_, key, asked.why, supervise::whole_seconds(), children_[key].policy.get());
    out.restarts = ahead.restarts;
    out.restarted = ahead.restarts_child;
    out.shuts_down = ahead.shuts_down;
    for (const supervise::action& next : ahead.actions) {
        out.actions.push_back(planned(next));
    }
    return out;
}

child_counts dynamic_supervisor_server::handle_call(detail::count_children_request) {
    return plan_.counts();
}

}  // namespace coppice::supervise
