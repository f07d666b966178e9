// SPDX-License-Identifier: Apache-2.0
// The answers of a supervisor about itself and its children. No function here changes the supervisor.

#include "supervise/supervisor_server.hpp"

#include <algorithm>

#include "process/runtime_core.hpp"
#include "supervise/prediction.hpp"
#include "supervise/reports.hpp"

namespace coppice::detail {

using supervise::action;
using supervise::no_child;

std::vector<child_info> supervisor_server::handle_call(which_children_request) const {
    std::vector<child_info> out;
    out.reserve(by_id_.size());
    for (child_key key = plan_->last(); key != no_child; key = plan_->before(key)) {
        out.push_back(info_of(key));
    }
    return out;
}

child_info supervisor_server::info_of(child_key key) const {
    const child& each = *children_[key];
    const child_status status = plan_->status_of(key);
    return {each.spec.id(), status, status == child_status::running ? each.process : pid{},
            each.spec.type(), wait_left(key)};
}

sys::supervisor_status supervisor_server::state() const {
    sys::supervisor_status out;
    out.strategy = to_string(strategy_);
    out.auto_shutdown = to_string(auto_shutdown_);
    out.restarts = restarts_;
    out.manual_restarts = manual_restarts_;
    if (plan_) {
        out.max_restarts = plan_->window().max_restarts();
        out.max_seconds = std::chrono::seconds{plan_->window().period()};
        out.window_restarts = plan_->restarts_at(supervise::whole_seconds());
        out.children = handle_call(which_children_request{});
        std::reverse(out.children.begin(), out.children.end());
    }
    return out;
}

std::string supervisor_server::format_status() const {
    return std::string{to_string(strategy_)} + ", children: " + std::to_string(by_id_.size());
}

supervise::supervisor_description supervisor_server::handle_call(
    supervise::describe_request asked) {
    supervise::supervisor_description out;
    out.strategy = to_string(strategy_);
    out.restarts = restarts_;
    out.window_restarts = plan_->restarts_at(supervise::whole_seconds());
    out.max_restarts = plan_->window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_->window().period()};
    out.children_count = by_id_.size();
    const auto add = [&](child_key key) {
        const supervise::child_history& history = children_[key]->history;
        out.children.push_back({info_of(key), history.restarts(), history.last_exit()});
    };
    if (asked.child) {
        if (const child_key key = find(asked.child); key != no_child) {
            add(key);
        }
        return out;
    }
    child_key key = plan_->first();
    for (std::size_t i = 0; key != no_child && i < asked.offset; ++i) {
        key = plan_->after(key);
    }
    for (; key != no_child && out.children.size() < asked.limit; key = plan_->after(key)) {
        add(key);
    }
    return out;
}

planned_action supervisor_server::planned(const action& next) const {
    planned_action out{supervise::planned_kind_of(next.kind), {}, {}};
    if (next.child != no_child) {
        out.child = children_[next.child]->spec.id();
        if (plan_->status_of(next.child) == child_status::running) {
            out.process = children_[next.child]->process;
        }
    }
    return out;
}

explanation supervisor_server::handle_call(const supervise::explain_request& asked) const {
    explanation out{.process = asked.process, .why = asked.why};
    const child_key key = find(asked.process);
    if (key == no_child) {
        return out;
    }
    out.supervisor = self();
    out.child = children_[key]->spec.id();
    out.strategy = to_string(strategy_);
    out.max_restarts = plan_->window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_->window().period()};
    const supervise::prediction ahead = supervise::predict(
        *plan_, key, asked.why, supervise::whole_seconds(), children_[key]->policy.get());
    out.restarts = ahead.restarts;
    out.restarted = ahead.restarts_child;
    out.shuts_down = ahead.shuts_down;
    for (const action& next : ahead.actions) {
        out.actions.push_back(planned(next));
    }
    return out;
}

child_counts supervisor_server::handle_call(count_children_request) {
    child_counts out;
    for (child_key key = plan_->first(); key != no_child; key = plan_->after(key)) {
        const child& each = *children_[key];
        ++out.specs;
        ++(each.spec.type() == child_type::supervisor ? out.supervisors : out.workers);
        if (plan_->status_of(key) == child_status::running && is_alive_now(each.process)) {
            ++out.active;
        }
    }
    return out;
}

std::expected<child_spec, exit_reason> supervisor_server::handle_call(get_childspec_request asked) {
    const child_key key = find(asked.id);
    if (key == no_child) {
        return std::unexpected{exit_reason{"not_found"}};
    }
    return children_[key]->spec;
}

std::string supervisor_server::initial_call() const {
    return "supervisor:" + recipe_->describe();
}

}  // namespace coppice::detail
