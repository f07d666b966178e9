// SPDX-License-Identifier: Apache-2.0

#include "supervise/dynamic_supervisor_server.hpp"

#include <utility>

#include "coppice/report.hpp"
#include "supervise/reports.hpp"
#include "supervise/restart_rule.hpp"
#include "supervise/start_child.hpp"
#include "supervise/stop_child.hpp"
#include "supervise/stop_children.hpp"
#include "supervise/validate.hpp"

namespace coppice::detail {
namespace {

using supervise::no_child;

std::string class_name() {
    return "dynamic_supervisor";
}

/// Checks the flags before the restart window is built from them.
const dynamic_supervisor_flags& checked(const dynamic_supervisor_flags& flags) {
    supervisor_flags common;
    common.max_restarts = flags.max_restarts;
    common.max_seconds = flags.max_seconds;
    if (auto error = supervise::wrong_with(common)) {
        exit(exit_reason::tuple("supervisor_data", std::move(*error)));
    }
    return flags;
}

const shared_text no_id;

void report_stopped(const supervise::child_end& ended, const child_spec& spec, const pid& who) {
    if (!supervise::is_expected_dynamic_end(ended, spec)) {
        supervise::report_child(supervisor_context::shutdown_error, class_name, ended.why, spec,
                                who);
    }
}

}  // namespace

dynamic_supervisor_server::dynamic_supervisor_server(const dynamic_supervisor_flags& flags,
                                                     extra_arguments extra)
    : window_{checked(flags).max_restarts, flags.max_seconds.count()},
      max_children_{flags.max_children},
      extra_{std::move(extra)} {
    trap_exit(true);
}

task<child_result> dynamic_supervisor_server::handle_call(dynamic_start_request asked) {
    if (children_.size() >= max_children_) {
        co_return child_result::failed("max_children");
    }
    // Makes room first: a process that has been started must be recorded.
    by_pid_.reserve(children_.size() + 1);
    children_.push_back({asked.spec, {}, false, {}});
    start_outcome outcome = supervise::start_without_memory();
    if (auto starting = supervise::start_child(asked.spec, no_id, extra_)) {
        outcome = co_await std::move(*starting);
    }
    if (outcome.kind != start_kind::ok) {
        children_.pop_back();
        co_return outcome.kind == start_kind::ignored
            ? child_result::ignored_start()
            : child_result::failed(std::move(outcome.why));
    }
    settle(outcome.process);
    co_return child_result::started(outcome.process);
}

task<void_result> dynamic_supervisor_server::handle_call(dynamic_terminate_request asked) {
    const child_key key = find(asked.child);
    if (key == no_child) {
        co_return std::unexpected{exit_reason{"not_found"}};
    }
    if (!children_[key].restarting) {
        supervise::child_stop stopping{asked.child, children_[key].spec.shutdown()};
        const supervise::child_end ended = co_await stopping;
        report_stopped(ended, children_[key].spec, asked.child);
    }
    take_out(key);
    co_return void_result{};
}

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

task<> dynamic_supervisor_server::handle_info(exit_message ended) {
    return with_reserve([&] { return deal_with_end(ended); });
}

task<> dynamic_supervisor_server::deal_with_end(exit_message ended) {
    const child_key key = find(ended.from);
    if (key == no_child || children_[key].restarting) {
        co_return;
    }
    children_[key].history.ended(ended.why);
    const child_spec& spec = children_[key].spec;
    const supervise::child_fate fate = supervise::fate_of(spec.restart(), ended.why.is_quiet());
    if (fate.is_reported) {
        supervise::report_child(supervisor_context::child_terminated, class_name, ended.why, spec,
                                ended.from);
    }
    if (fate.restarts) {
        co_await restart(key);
    } else {
        take_out(key);
    }
}

task<> dynamic_supervisor_server::handle_cast(try_again again) {
    return with_reserve([&] { return deal_with_retry(again); });
}

task<> dynamic_supervisor_server::deal_with_retry(try_again again) {
    const child_key key = find(again.child);
    if (key != no_child && children_[key].restarting) {
        co_await restart(key);
    }
}

task<> dynamic_supervisor_server::restart(child_key key) {
    return with_reserve([&] { return restarting(key); });
}

task<> dynamic_supervisor_server::restarting(child_key key) {
    const pid last = children_[key].process;
    if (!window_.account(supervise::whole_seconds())) {
        supervise::report_limit(class_name, children_[key].spec, last);
        take_out(key);
        stop_with(reason::shutdown);
        co_return;
    }
    start_outcome outcome = supervise::start_without_memory();
    if (auto starting = supervise::start_child(children_[key].spec, no_id, extra_)) {
        outcome = co_await std::move(*starting);
    }
    switch (outcome.kind) {
        case start_kind::ok:
            ++restarts_;
            children_[key].history.restarted();
            supervise::note_restart(outcome.process, children_[key].spec,
                                    children_[key].history.why());
            update(key, outcome.process);
            break;
        case start_kind::ignored:
            take_out(key);
            break;
        case start_kind::failed:
            supervise::report_child(supervisor_context::start_error, class_name, outcome.why,
                                    children_[key].spec, last);
            try_again_later(key);
            break;
    }
}

void dynamic_supervisor_server::try_again_later(child_key key) {
    child& failed = children_[key];
    const try_again again{failed.process};
    with_reserve([&] { server<dynamic_supervisor_server>{self()}.cast(again); });
    if (!std::exchange(failed.restarting, true)) {
        --counts_.active;
    }
}

void dynamic_supervisor_server::handle_info(any_message unexpected) {
    supervise::report_unexpected(class_name, unexpected);
}

task<> dynamic_supervisor_server::terminate(exit_reason) {
    return with_reserve([&] { return stop_all(); });
}

task<> dynamic_supervisor_server::stop_all() {
    std::vector<supervise::stopping_child> stopping;
    stopping.reserve(children_.size());
    for (const child& each : children_) {
        if (!each.restarting) {
            stopping.push_back({each.process, each.spec.shutdown()});
        }
    }
    const std::vector<supervise::stopping_child> ended =
        co_await supervise::stop_children(std::move(stopping));
    auto stopped = ended.begin();
    for (const child& each : children_) {
        if (!each.restarting) {
            report_stopped((stopped++)->end, each.spec, each.process);
        }
    }
}

supervise::child_key dynamic_supervisor_server::find(const pid& process) const {
    return by_pid_.find(supervise::hash_of(process),
                        [&](child_key key) { return children_[key].process == process; });
}

/// Completes the start of the last child. Allocates nothing.
void dynamic_supervisor_server::settle(const pid& process) {
    child& started = children_.back();
    if (started.spec.restart() == restart_type::temporary) {
        started.spec.forget_start();
    }
    if (const child_key known = find(process); known != no_child) {
        // the user's start function returned the process of an existing child
        child_spec spec = std::move(started.spec);
        children_.pop_back();
        replace(known, std::move(spec));
        return;
    }
    started.process = process;
    ++count_of(started.spec);
    ++counts_.specs;
    ++counts_.active;
    by_pid_.insert(supervise::hash_of(process), static_cast<child_key>(children_.size() - 1));
}

/// Completes the restart of a child. Allocates nothing.
void dynamic_supervisor_server::update(child_key key, const pid& process) {
    if (const child_key known = find(process); known != no_child && known != key) {
        replace(known, std::move(children_[key].spec));
        take_out(key);
        return;
    }
    child& started = children_[key];
    by_pid_.erase(supervise::hash_of(started.process), key);
    started.process = process;
    by_pid_.insert(supervise::hash_of(process), key);
    if (std::exchange(started.restarting, false)) {
        ++counts_.active;
    }
}

/// Gives the process of an existing child to a new specification.
void dynamic_supervisor_server::replace(child_key key, child_spec spec) {
    child& known = children_[key];
    --count_of(known.spec);
    ++count_of(spec);
    if (std::exchange(known.restarting, false)) {
        ++counts_.active;
    }
    known.spec = std::move(spec);
}

dynamic_supervisor_server::child dynamic_supervisor_server::take_out(child_key key) {
    child out = std::move(children_[key]);
    by_pid_.erase(supervise::hash_of(out.process), key);
    const auto last = static_cast<child_key>(children_.size() - 1);
    if (key != last) {
        by_pid_.replace(supervise::hash_of(children_[last].process), last, key);
        children_[key] = std::move(children_[last]);
    }
    children_.pop_back();
    --count_of(out.spec);
    --counts_.specs;
    if (!out.restarting) {
        --counts_.active;
    }
    return out;
}

std::size_t& dynamic_supervisor_server::count_of(const child_spec& spec) {
    return spec.type() == child_type::supervisor ? counts_.supervisors : counts_.workers;
}

namespace {

std::unique_ptr<server_base> make_dynamic_supervisor(dynamic_supervisor_flags flags,
                                                     const extra_arguments& extra) {
    std::string name{flags.name};
    flags.name = {};
    auto make = [flags, extra](std::optional<dynamic_supervisor_server>& into) {
        into.emplace(flags, extra);
    };
    using body = server_body_of<dynamic_supervisor_server, decltype(make)>;
    return std::make_unique<body>(std::move(name), std::move(make));
}

}  // namespace

begun_start dynamic_recipe::begin(const std::string& name, const extra_arguments&) const {
    dynamic_supervisor_flags flags = flags_;
    if (!name.empty()) {
        flags.name = name;
    }
    return make_dynamic_supervisor(flags, extra_);
}

}  // namespace coppice::detail

namespace coppice {

using request_maker = server<detail::dynamic_supervisor_server>;

dynamic_supervisor::start_awaiter dynamic_supervisor::start_link(dynamic_supervisor_flags flags,
                                                                 extra_arguments extra) {
    return start_awaiter{detail::make_dynamic_supervisor(flags, extra)};
}

task<child_result> dynamic_supervisor::start_child(child_spec spec) const {
    if (spec.id().empty()) {
        spec.id("undefined");
    }
    const bool significant = spec.significant();
    if (auto error = supervise::wrong_with(spec.significant(false), auto_shutdown_mode::never)) {
        co_return child_result::failed(std::move(*error));
    }
    if (significant) {  // a dynamic supervisor has no automatic shutdown
        co_return child_result::failed(
            exit_reason::tuple("invalid_significant", exit_reason::symbol("true")));
    }
    auto asking =
        ask<child_result>(request_maker::make_call(detail::dynamic_start_request{std::move(spec)}));
    co_return co_await asking;
}

detail::request_to_supervisor<void_result> dynamic_supervisor::terminate_child(
    const pid& child) const {
    return ask<void_result>(request_maker::make_call(detail::dynamic_terminate_request{child}));
}

detail::request_to_supervisor<std::vector<child_info>> dynamic_supervisor::which_children() const {
    return ask<std::vector<child_info>>(request_maker::make_call(detail::which_children_request{}));
}

detail::request_to_supervisor<child_counts> dynamic_supervisor::count_children() const {
    return ask<child_counts>(request_maker::make_call(detail::count_children_request{}));
}

}  // namespace coppice
