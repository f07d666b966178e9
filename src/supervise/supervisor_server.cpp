// SPDX-License-Identifier: Apache-2.0

#include "supervise/supervisor_server.hpp"

#include <utility>

#include "coppice/detail/contract.hpp"
#include "supervise/health.hpp"
#include "supervise/reports.hpp"
#include "supervise/start_child.hpp"
#include "supervise/validate.hpp"

namespace coppice::detail {

using supervise::action;
using supervise::action_kind;
using supervise::no_child;

supervisor_server::supervisor_server(std::unique_ptr<const init_recipe> recipe, std::string name)
    : recipe_{std::move(recipe)}, name_{std::move(name)} {
    trap_exit(true);
}

task<> supervisor_server::init() {
    supervisor_init given = recipe_->begin();
    if (auto error = supervise::wrong_with(given.flags)) {
        exit(exit_reason::tuple("supervisor_data", std::move(*error)));
    }
    if (auto error = supervise::wrong_with(given.children, given.flags.auto_shutdown)) {
        exit(exit_reason::tuple("start_spec", std::move(*error)));
    }
    if (name_.empty() && !given.name.empty()) {
        register_name(given.name, self());
    }
    strategy_ = given.flags.strategy;
    auto_shutdown_ = given.flags.auto_shutdown;
    backoff_ = given.flags.backoff;
    chance_ = supervise::jitter_of(self());
    plan_.emplace(
        given.flags.strategy, given.flags.auto_shutdown,
        supervise::restart_window{given.flags.max_restarts, given.flags.max_seconds.count()});
    add_all(std::move(given.children).specs());
    co_await start_all_or_undo();
}

task<> supervisor_server::start_all_or_undo() {
    plan_->start_all();
    for (action next = plan_->next(); next.kind != action_kind::none; next = plan_->next()) {
        if (next.kind == action_kind::forget) {
            forget(next.child);
            continue;
        }
        auto starting = start_of(next.child);
        start_outcome outcome = co_await starting;
        start_is_over(next, outcome);
        if (outcome.kind == start_kind::failed) {
            const exit_reason id = exit_reason::symbol(children_[next.child]->spec.id());
            plan_->stop_all();
            co_await carry_out();
            exit(reason::shutdown_with(
                exit_reason::tuple("failed_to_start_child", id, outcome.why)));
        }
    }
}

// The coroutine that carries out the decision is made before the event: if there is no memory for the
// coroutine, nothing has changed.

task<> supervisor_server::handle_cast(try_again again) {
    task<> carrying = carry_out();
    const child_key key = again.child;
    if (plan_->contains(key) && children_[key]->process == again.last &&
        plan_->status_of(key) == child_status::restarting && plan_->leader_of(key) == no_child) {
        plan_->try_again(key, supervise::whole_seconds(), account(key));
    }
    return carrying;
}

task<> supervisor_server::handle_info(exit_message ended) {
    task<> carrying = carry_out();
    // Any other process is not a child, or no longer a child.
    if (const child_key key = find(ended.from); key != no_child) {
        by_pid_.erase(supervise::hash_of(ended.from), key);
        children_[key]->history.ended(ended.why);
        const supervise::restart_terms terms = terms_of(key, ended.why);
        plan_->child_ended(key, ended.why, supervise::whole_seconds(), terms);
    }
    return carrying;
}

void supervisor_server::handle_info(any_message unexpected) {
    supervise::report_unexpected([&] { return recipe_->describe(); }, unexpected);
}

task<> supervisor_server::terminate(exit_reason) {
    plan_->stop_all();
    return carry_out();
}

/// After a requested stop the plan can only answer `forget`.
void supervisor_server::forget_settled() {
    for (action next = plan_->next(); next.kind != action_kind::none; next = plan_->next()) {
        COPPICE_EXPECTS(next.kind == action_kind::forget, "carry_out() does all other actions");
        forget(next.child);
    }
}

task<> supervisor_server::carry_out() {
    return with_reserve([&] { return carrying_out(); });
}

task<> supervisor_server::carrying_out() {
    for (;;) {
        const action next = plan_->next();
        switch (next.kind) {
            case action_kind::none:
                co_return;
            case action_kind::start: {
                auto starting = start_of(next.child);
                const start_outcome outcome = co_await starting;
                start_is_over(next, outcome);
                break;
            }
            case action_kind::stop: {
                auto stopping = stop_of(next.child);
                const supervise::child_end ended = co_await stopping;
                stop_is_over(next.child, ended);
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
        }
    }
}

supervise::child_start supervisor_server::start_of(child_key key) const noexcept {
    static const extra_arguments none;
    const child& started = *children_[key];
    return supervise::child_start{started.spec, started.spec.shared_id(), none};
}

void supervisor_server::retry_later(child_key key) const {
    const try_again again{key, children_[key]->process};
    with_reserve([&] { server<supervisor_server>{self()}.cast(again); });
}

void supervisor_server::start_is_over(const action& begun, const start_outcome& outcome) {
    const child_key key = begun.child;
    switch (outcome.kind) {
        case start_kind::ok:
            now_running(key, outcome.process);
            restarts_ += begun.restarts ? 1 : 0;
            if (child& started = *children_[key]; started.history.has_ended()) {
                started.history.restarted();
                supervise::note_restart(outcome.process, started.spec, started.history.why());
            }
            break;
        case start_kind::ignored:
            plan_->ignored(key);
            break;
        case start_kind::failed:
            report(supervisor_context::start_error, key, outcome.why);
            plan_->start_failed(key, delay_after_failed_start(key));
            failed_start_ = outcome.why;
            break;
    }
}

supervise::child_stop supervisor_server::stop_of(child_key key) const {
    const child& stopping = *children_[key];
    return supervise::child_stop{stopping.process, stopping.spec.shutdown()};
}

void supervisor_server::stop_is_over(child_key key, const supervise::child_end& ended) {
    child& stopped = *children_[key];
    stopped.history.ended(ended.why);
    if (!supervise::is_expected_end(ended, stopped.spec)) {
        report(supervisor_context::shutdown_error, key, ended.why);
    }
    no_longer_running(stopped.process);
    plan_->stopped(key);
}

void supervisor_server::now_running(child_key key, const pid& process) {
    no_longer_running(process);
    children_[key]->process = process;
    if (supervise::child_policy* policy = children_[key]->policy.get()) {
        policy->started(now());
    }
    by_pid_.insert(supervise::hash_of(process), key);
    plan_->started(key);
    supervise::report_started([&] { return recipe_->describe(); }, children_[key]->spec, process);
    supervise::begin_health_checks(process, children_[key]->spec);
}

void supervisor_server::no_longer_running(const pid& process) {
    if (const child_key key = find(process); key != no_child) {
        by_pid_.erase(supervise::hash_of(process), key);
    }
}

supervise::child_key supervisor_server::find(const std::string& id) const {
    return by_id_.find(supervise::hash_of(id),
                       [&](child_key key) { return children_[key]->spec.id() == id; });
}

supervise::child_key supervisor_server::find(const pid& process) const {
    return by_pid_.find(supervise::hash_of(process),
                        [&](child_key key) { return children_[key]->process == process; });
}

void supervisor_server::add_all(std::vector<child_spec> specs) {
    plan_->reserve(specs.size());
    children_.reserve(specs.size());
    by_id_.reserve(specs.size());
    by_pid_.reserve(specs.size());
    for (child_spec& spec : specs) {
        add(std::move(spec));
    }
}

supervise::child_key supervisor_server::add(child_spec spec) {
    by_id_.reserve(by_id_.size() + 1);
    by_pid_.reserve(by_id_.size() + 1);
    if (children_.size() == children_.capacity()) {
        children_.reserve(2 * children_.size() + 1);
    }
    auto policy = supervise::child_policy::of(spec, backoff_);
    const child_key key = plan_->add(spec.restart(), spec.significant());
    if (key >= children_.size()) {
        children_.resize(key + 1);
    }
    by_id_.insert(supervise::hash_of(spec.id()), key);
    children_[key].emplace(std::move(spec), pid{}, supervise::child_history{}, std::move(policy));
    return key;
}

void supervisor_server::forget(child_key key) {
    by_id_.erase(supervise::hash_of(children_[key]->spec.id()), key);
    children_[key].reset();
}

void supervisor_server::report(supervisor_context context, child_key key,
                               const exit_reason& why) const {
    const child& about = *children_[key];
    supervise::report_child(
        context, [&] { return recipe_->describe(); }, why, about.spec, about.process);
}

void supervisor_server::report_limit(child_key key) const {
    const child& about = *children_[key];
    supervise::report_limit([&] { return recipe_->describe(); }, about.spec, about.process);
}

}  // namespace coppice::detail
