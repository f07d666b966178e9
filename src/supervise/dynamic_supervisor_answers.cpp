// SPDX-License-Identifier: Apache-2.0
// The answers of a dynamic supervisor about itself and its children. No function here changes the supervisor.

#include "supervise/dynamic_supervisor_server.hpp"

#include "supervise/reports.hpp"
#include "supervise/restart_rule.hpp"

namespace coppice::detail {

using supervise::no_child;

std::vector<child_info> dynamic_supervisor_server::handle_call(which_children_request) {
    std::vector<child_info> out;
    out.reserve(children_.size());
    for (const child& each : children_) {
        out.push_back({"undefined", each.status(), each.running_process(), each.spec.type()});
    }
    return out;
}

supervisor_description dynamic_supervisor_server::handle_call(describe_request asked) {
    supervisor_description out;
    out.strategy = "dynamic";
    out.restarts = restarts_;
    out.window_restarts = window_.recent_at(supervise::whole_seconds());
    out.max_restarts = window_.max_restarts();
    out.max_seconds = std::chrono::seconds{window_.period()};
    out.children_count = children_.size();
    const auto add = [&](const child& each) {
        out.children.push_back({info_of(each), each.history.restarts(), each.history.last_exit()});
    };
    if (asked.child) {
        if (const child_key key = find(asked.child); key != no_child) {
            add(children_[key]);
        }
        return out;
    }
    for (std::size_t at = asked.offset; at < children_.size() && out.children.size() < asked.limit;
         ++at) {
        add(children_[at]);
    }
    return out;
}

sys::supervisor_status dynamic_supervisor_server::state() const {
    sys::supervisor_status out;
    out.strategy = "dynamic";
    out.max_restarts = window_.max_restarts();
    out.max_seconds = std::chrono::seconds{window_.period()};
    out.window_restarts = window_.recent_at(supervise::whole_seconds());
    out.max_children = max_children_;
    out.restarts = restarts_;
    out.children.reserve(children_.size());
    for (const child& each : children_) {
        out.children.push_back(info_of(each));
    }
    return out;
}

std::string dynamic_supervisor_server::format_status() const {
    return "dynamic, children: " + std::to_string(children_.size());
}

/// Predicts the actions of `restarting` at the limit, and the stop of all children afterwards.
void dynamic_supervisor_server::plan_limit(const child& ended, explanation& out) const {
    out.shuts_down = true;
    out.actions.push_back({planned_kind::report_limit, ended.spec.id(), ended.process});
    out.actions.push_back({planned_kind::shut_down, {}, {}});
    for (const child& each : children_) {
        if (!each.restarting && &each != &ended) {
            out.actions.push_back({planned_kind::stop, each.spec.id(), each.process});
        }
    }
}

explanation dynamic_supervisor_server::handle_call(const explain_request& asked) const {
    explanation out{.process = asked.process, .why = asked.why};
    const child_key key = find(asked.process);
    if (key == no_child || children_[key].restarting) {
        return out;
    }
    const child& ended = children_[key];
    const planned_action about{planned_kind::start, ended.spec.id(), ended.process};
    out.supervisor = self();
    out.child = about.child;
    out.strategy = "dynamic";
    out.max_restarts = window_.max_restarts();
    out.max_seconds = std::chrono::seconds{window_.period()};
    out.restarts = window_.recent_at(supervise::whole_seconds());
    const supervise::child_fate fate =
        supervise::fate_of(ended.spec.restart(), asked.why.is_quiet());
    if (fate.is_reported) {
        out.actions.push_back({planned_kind::report_child_terminated, about.child, about.process});
    }
    if (!fate.restarts) {
        out.actions.push_back({planned_kind::forget, about.child, about.process});
    } else if (++out.restarts > out.max_restarts) {
        plan_limit(ended, out);
    } else {
        out.restarted = true;
        out.actions.push_back(about);
    }
    return out;
}

child_counts dynamic_supervisor_server::handle_call(count_children_request) {
    return counts_;
}

}  // namespace coppice::detail
