// SPDX-License-Identifier: Apache-2.0

#include "supervise/dynamic_supervisor_server.hpp"

#include <utility>

#include "coppice/detail/contract.hpp"
#include "coppice/report.hpp"
#include "supervise/health.hpp"
#include "supervise/reports.hpp"
#include "supervise/start_child.hpp"
#include "supervise/stop_child.hpp"
#include "supervise/stop_children.hpp"
#include "supervise/validate.hpp"

namespace coppice::supervise {

using detail::start_kind;
using detail::start_outcome;
using detail::with_reserve;

namespace {

std::string class_name() {
    return "dynamic_supervisor";
}

/// Checks the flags before the restart window is built from them.
const dynamic_supervisor_flags& checked(const dynamic_supervisor_flags& flags) {
    supervisor_flags common;
    common.max_restarts = flags.max_restarts;
    common.max_seconds = flags.max_seconds;
    common.backoff = flags.backoff;
    if (auto error = supervise::wrong_with(common)) {
        exit(exit_reason::tuple("supervisor_data", std::move(*error)));
    }
    return flags;
}

const detail::shared_text no_id;

}  // namespace

dynamic_supervisor_server::dynamic_supervisor_server(const dynamic_supervisor_flags& flags,
                                                     extra_arguments extra)
    : plan_{flags.max_children,
            supervise::restart_window{checked(flags).max_restarts, flags.max_seconds.count()}},
      extra_{std::move(extra)},
      backoff_{flags.backoff},
      chance_{jitter_of(self())} {
    trap_exit(true);
}

task<child_result> dynamic_supervisor_server::handle_call(dynamic_start_request asked) {
    if (plan_.is_full()) {
        co_return child_result::failed("max_children");
    }
    const child_key key = add(asked.spec);
    supervise::child_start starting{asked.spec, no_id, extra_};
    start_outcome outcome = co_await starting;
    first_start_is_over(key, outcome);
    switch (outcome.kind) {
        case start_kind::ok:
            co_return child_result::started(outcome.process);
        case start_kind::ignored:
            co_return child_result::ignored_start();
        case start_kind::failed:
            break;
    }
    co_return child_result::failed(std::move(outcome.why));
}

task<void_result> dynamic_supervisor_server::handle_call(dynamic_terminate_request asked) {
    const child_key key = find(asked.child);
    if (key == no_child) {
        co_return std::unexpected{exit_reason{"not_found"}};
    }
    if (plan_.status_of(key) == child_status::running) {
        supervise::child_stop stopping{asked.child, children_[key].spec.shutdown()};
        const supervise::child_end ended = co_await stopping;
        stop_is_over(key, ended);
    } else {
        plan_.stopped(key);
    }
    forget_settled();
    co_return void_result{};
}

/// After a first start and after a requested stop the plan can only answer `forget`.
void dynamic_supervisor_server::forget_settled() {
    for (action next = plan_.next(); next.kind != action_kind::none; next = plan_.next()) {
        COPPICE_EXPECTS(next.kind == action_kind::forget, "carry_out() does all other actions");
        forget(next.child);
    }
}

// The coroutine that carries out the decision is made before the event: if there is no memory for the
// coroutine, nothing has changed.

task<> dynamic_supervisor_server::handle_info(exit_message ended) {
    task<> carrying = carry_out();
    if (const child_key key = find(ended.from); key != no_child) {
        restart_terms terms;
        if (plan_.status_of(key) == child_status::running) {
            children_[key].history.ended(ended.why);
            terms = terms_of(key, ended.why);
        }
        plan_.child_ended(key, ended.why, supervise::whole_seconds(), terms);
    }
    return carrying;
}

task<> dynamic_supervisor_server::handle_cast(try_again again) {
    task<> carrying = carry_out();
    if (const child_key key = find(again.child);
        key != no_child && plan_.status_of(key) == child_status::restarting) {
        plan_.try_again(key, supervise::whole_seconds(), account(key));
    }
    return carrying;
}

void dynamic_supervisor_server::handle_info(any_message unexpected) {
    supervise::report_unexpected(class_name, unexpected);
}

task<> dynamic_supervisor_server::terminate(exit_reason) {
    plan_.stop_all();
    return with_reserve([&] { return stopping_all(); });
}

task<> dynamic_supervisor_server::carry_out() {
    return with_reserve([&] { return carrying_out(); });
}

task<> dynamic_supervisor_server::carrying_out() {
    for (;;) {
        const action next = plan_.next();
        switch (next.kind) {
            case action_kind::none:
                co_return;
            case action_kind::start: {
                supervise::child_start starting{children_[next.child].spec, no_id, extra_};
                const start_outcome outcome = co_await starting;
                restart_is_over(next.child, outcome);
                break;
            }
            case action_kind::forget:
                forget(next.child);
                break;
            case action_kind::retry:
                retry_later(next.child);
                break;
            case action_kind::wait:
                begin_wait(next);
                break;
            case action_kind::report_ended:
                report(supervisor_context::child_terminated, next.child, next.why);
                break;
            case action_kind::report_limit:
                report_limit(next.child);
                break;
            case action_kind::shut_down:
                stop_with(reason::shutdown);
                break;
            case action_kind::stop:  // only after `stop_all`
                break;
        }
    }
}

/// Stops all running children at once.
task<> dynamic_supervisor_server::stopping_all() {
    std::vector<supervise::stopping_child> stopping;
    stopping.reserve(plan_.counts().active);
    for (action next = plan_.next(); next.kind == action_kind::stop; next = plan_.next()) {
        const child& each = children_[next.child];
        stopping.push_back({each.process, each.spec.shutdown()});
    }
    const std::vector<supervise::stopping_child> ended =
        co_await supervise::stop_children(std::move(stopping));
    auto stopped = ended.begin();
    for (child_key key = 0; key < plan_.size(); ++key) {
        if (plan_.status_of(key) == child_status::running) {
            stop_is_over(key, (stopped++)->end);
        }
    }
}

void dynamic_supervisor_server::first_start_is_over(child_key key, const start_outcome& outcome) {
    switch (outcome.kind) {
        case start_kind::ok:
            if (child_spec& spec = children_[key].spec; spec.restart() == temporary) {
                spec.forget_start();
            }
            now_running(key, outcome.process);
            break;
        case start_kind::ignored:
            plan_.ignored(key);
            break;
        case start_kind::failed:
            plan_.start_failed(key);
            break;
    }
    forget_settled();
}

void dynamic_supervisor_server::restart_is_over(child_key key, const start_outcome& outcome) {
    switch (outcome.kind) {
        case start_kind::ok: {
            child& restarted = children_[key];
            ++restarts_;
            restarted.history.restarted();
            supervise::note_restart(outcome.process, restarted.spec, restarted.history.why());
            now_running(key, outcome.process);
            break;
        }
        case start_kind::ignored:
            plan_.ignored(key);
            break;
        case start_kind::failed:
            report(supervisor_context::start_error, key, outcome.why);
            plan_.start_failed(key, delay_after_failed_start(key));
            break;
    }
}

void dynamic_supervisor_server::stop_is_over(child_key key, const supervise::child_end& ended) {
    if (!supervise::is_expected_dynamic_end(ended, children_[key].spec)) {
        report(supervisor_context::shutdown_error, key, ended.why);
    }
    plan_.stopped(key);
}

/// Completes a start. Allocates nothing, except for the process that checks the health of the child.
void dynamic_supervisor_server::now_running(child_key key, const pid& process) {
    child& started = children_[key];
    if (const child_key known = find(process); known != no_child && known != key) {
        // the user's start function returned the process of another child
        children_[known].spec = std::move(started.spec);
        children_[known].policy = std::move(started.policy);
        plan_.started_as(key, known);
        return;
    }
    if (started.process) {
        by_pid_.erase(supervise::hash_of(started.process), key);
    }
    started.process = process;
    if (started.policy) {
        started.policy->started(detail::now());
    }
    by_pid_.insert(supervise::hash_of(process), key);
    plan_.started(key);
    begin_health_checks(process, started.spec);
}

void dynamic_supervisor_server::retry_later(child_key key) const {
    const try_again again{children_[key].process};
    with_reserve([&] { server<dynamic_supervisor_server>{self()}.cast(again); });
}

void dynamic_supervisor_server::report(supervisor_context context, child_key key,
                                       const exit_reason& why) const {
    const child& about = children_[key];
    supervise::report_child(context, class_name, why, about.spec, about.process);
}

void dynamic_supervisor_server::report_limit(child_key key) const {
    const child& about = children_[key];
    supervise::report_limit(class_name, about.spec, about.process);
}

supervise::child_key dynamic_supervisor_server::find(const pid& process) const {
    return by_pid_.find(supervise::hash_of(process),
                        [&](child_key key) { return children_[key].process == process; });
}

supervise::child_key dynamic_supervisor_server::add(const child_spec& spec) {
    by_pid_.reserve(children_.size() + 1);
    plan_.make_room();
    children_.emplace_back(spec, pid{}, child_history{}, child_policy::of(spec, backoff_));
    return plan_.add(spec.restart(), spec.type());
}

void dynamic_supervisor_server::forget(child_key key) {
    by_pid_.erase(supervise::hash_of(children_[key].process), key);
    const auto last = static_cast<child_key>(children_.size() - 1);
    if (key != last) {
        by_pid_.replace(supervise::hash_of(children_[last].process), last, key);
        children_[key] = std::move(children_[last]);
    }
    children_.pop_back();
}

}  // namespace coppice::supervise
