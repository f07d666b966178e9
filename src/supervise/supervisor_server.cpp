// SPDX-License-Identifier: Apache-2.0

#include "supervise/supervisor_server.hpp"

#include <algorithm>
#include <utility>

#include "process/runtime_core.hpp"
#include "supervise/foresight.hpp"
#include "supervise/reports.hpp"
#include "supervise/start_child.hpp"
#include "supervise/validate.hpp"

namespace coppice::detail {

using supervise::action;
using supervise::action_kind;
using supervise::child_state;
using supervise::no_child;

supervisor_server::supervisor_server(std::unique_ptr<init_recipe> recipe, std::string name)
    : recipe_{std::move(recipe)}, name_{std::move(name)} {
    trap_exit(true);
}

task<> supervisor_server::init() {
    supervisor_init given = recipe_->run();
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
        start_outcome outcome = supervise::start_without_memory();
        if (auto starting = start_of(next.child)) {
            outcome = co_await std::move(*starting);
        }
        start_is_over(next.child, outcome);
        if (outcome.kind == start_kind::failed) {
            const exit_reason id = exit_reason::symbol(children_[next.child]->spec.id());
            plan_->stop_all();
            co_await carry_out();
            exit(reason::shutdown_with(
                exit_reason::tuple("failed_to_start_child", id, outcome.why)));
        }
    }
}

task<child_result> supervisor_server::handle_call(start_child_request asked) {
    if (auto error = supervise::wrong_with(asked.spec, auto_shutdown_)) {
        co_return child_result::failed(std::move(*error));
    }
    if (const child_key known = find(asked.spec.id()); known != no_child) {
        co_return child_result::failed(
            plan_->state_of(known) == child_state::running
                ? exit_reason::tuple("already_started",
                                     exit_reason::process(children_[known]->process))
                : exit_reason{"already_present"});
    }
    const bool temporary = asked.spec.restart() == restart_type::temporary;
    const child_key key = add(std::move(asked.spec));
    start_outcome outcome = supervise::start_without_memory();
    if (auto starting = start_of(key)) {
        outcome = co_await std::move(*starting);
    }
    switch (outcome.kind) {
        case start_kind::ok:
            now_running(key, outcome.process);
            if (temporary) {
                children_[key]->spec.forget_start();
            }
            co_return child_result::started(outcome.process);
        case start_kind::ignored:
            if (temporary) {
                plan_->remove(key);
                forget(key);
            }
            co_return child_result::ignored_start();
        case start_kind::failed:
            break;
    }
    plan_->remove(key);
    forget(key);
    co_return child_result::failed(std::move(outcome.why));
}

task<void_result> supervisor_server::handle_call(terminate_child_request asked) {
    const child_key key = find(asked.id);
    if (key == no_child) {
        co_return std::unexpected{exit_reason{"not_found"}};
    }
    if (plan_->state_of(key) == child_state::running) {
        auto stopping = stop_of(key);
        const supervise::child_end ended = co_await stopping;
        stop_is_over(key, ended);
    } else {
        plan_->stopped(key);
    }
    forget_settled();
    co_return void_result{};
}

task<child_result> supervisor_server::handle_call(restart_child_request asked) {
    const child_key key = find(asked.id);
    if (auto error = not_stopped(key)) {
        co_return child_result::failed(std::move(*error));
    }
    start_outcome outcome = supervise::start_without_memory();
    if (auto starting = start_of(key)) {
        outcome = co_await std::move(*starting);
    }
    switch (outcome.kind) {
        case start_kind::ok:
            now_running(key, outcome.process);
            break;
        case start_kind::ignored:
            co_return child_result::ignored_start();
        case start_kind::failed:
            co_return child_result::failed(std::move(outcome.why));
    }
    co_return child_result::started(outcome.process);
}

void_result supervisor_server::handle_call(delete_child_request asked) {
    const child_key key = find(asked.id);
    if (auto error = not_stopped(key)) {
        return std::unexpected{std::move(*error)};
    }
    plan_->remove(key);
    forget(key);
    return {};
}

std::optional<exit_reason> supervisor_server::not_stopped(child_key key) const {
    if (key == no_child) {
        return exit_reason{"not_found"};
    }
    switch (plan_->state_of(key)) {
        case child_state::running:
            return exit_reason{"running"};
        case child_state::restarting:
            return exit_reason{"restarting"};
        case child_state::stopped:
            return std::nullopt;
    }
    return std::nullopt;
}

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
    const auto status = static_cast<child_status>(plan_->state_of(key));
    return {each.spec.id(), status, status == child_status::running ? each.process : pid{},
            each.spec.type()};
}

sys::supervisor_status supervisor_server::state() const {
    sys::supervisor_status out;
    out.strategy = to_string(strategy_);
    out.auto_shutdown = to_string(auto_shutdown_);
    out.restarts = restarts_;
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

supervisor_description supervisor_server::handle_call(describe_request asked) {
    supervisor_description out;
    out.strategy = to_string(strategy_);
    out.restarts = restarts_;
    out.window_restarts = plan_->restarts_at(supervise::whole_seconds());
    out.max_restarts = plan_->window().max_restarts();
    out.max_seconds = std::chrono::seconds{plan_->window().period()};
    out.children_count = by_id_.size();
    const auto add = [&](child_key key) {
        const child_history& history = children_[key]->history;
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

namespace {

planned_kind kind_of(action_kind planned) {
    switch (planned) {
        case action_kind::report_ended:
            return planned_kind::report_child_terminated;
        case action_kind::stop:
            return planned_kind::stop;
        case action_kind::start:
            return planned_kind::start;
        case action_kind::forget:
            return planned_kind::forget;
        case action_kind::report_limit:
            return planned_kind::report_limit;
        default:
            return planned_kind::shut_down;
    }
}

}  // namespace

planned_action supervisor_server::planned(const action& next) const {
    planned_action out{kind_of(next.kind), {}, {}};
    if (next.child != no_child) {
        out.child = children_[next.child]->spec.id();
        if (plan_->state_of(next.child) == child_state::running) {
            out.process = children_[next.child]->process;
        }
    }
    return out;
}

explanation supervisor_server::handle_call(const explain_request& asked) const {
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
    const supervise::foresight ahead =
        supervise::foresee(*plan_, key, asked.why.is_quiet(), supervise::whole_seconds());
    out.restarts = ahead.restarts;
    for (const action& next : ahead.actions) {
        out.actions.push_back(planned(next));
        out.restarted |= next == action{action_kind::start, key};
        out.shuts_down |= next.kind == action_kind::shut_down;
    }
    return out;
}

child_counts supervisor_server::handle_call(count_children_request) {
    child_counts out;
    for (child_key key = plan_->first(); key != no_child; key = plan_->after(key)) {
        const child& each = *children_[key];
        ++out.specs;
        ++(each.spec.type() == child_type::supervisor ? out.supervisors : out.workers);
        if (plan_->state_of(key) == child_state::running && is_alive_now(each.process)) {
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

task<> supervisor_server::handle_cast(try_again again) {
    return with_reserve([&] { return deal_with_retry(again); });
}

task<> supervisor_server::deal_with_retry(try_again again) {
    const child_key key = again.child;
    if (plan_->contains(key) && children_[key]->process == again.last) {
        plan_->try_again(key, supervise::whole_seconds());
        co_await carry_out();
        count_restart(key, again.last);
    }
}

task<> supervisor_server::handle_info(exit_message ended) {
    return with_reserve([&] { return deal_with_end(ended); });
}

task<> supervisor_server::deal_with_end(exit_message ended) {
    const child_key key = find(ended.from);
    if (key == no_child) {
        co_return;  // not a child, or no longer a child
    }
    no_longer_running(ended.from);
    ended_with_ = ended.why;
    children_[key]->history.ended(ended.why);
    plan_->child_ended(key, ended.why.is_quiet(), supervise::whole_seconds());
    co_await carry_out();
    count_restart(key, ended.from);
}

void supervisor_server::count_restart(child_key key, const pid& last) {
    if (plan_->contains(key) && plan_->state_of(key) == child_state::running &&
        children_[key]->process != last) {
        ++restarts_;
    }
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
    for (action next = plan_->next(); next.kind == action_kind::forget; next = plan_->next()) {
        forget(next.child);
    }
}

task<> supervisor_server::carry_out() {
    return with_reserve([&] { return carrying_out(); });
}

task<> supervisor_server::carrying_out() {
    for (action next = plan_->next(); next.kind != action_kind::none; next = plan_->next()) {
        switch (next.kind) {
            case action_kind::start: {
                start_outcome outcome = supervise::start_without_memory();
                if (auto starting = start_of(next.child)) {
                    outcome = co_await std::move(*starting);
                }
                start_is_over(next.child, outcome);
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
            case action_kind::report_ended:
                report(supervisor_context::child_terminated, next.child, ended_with_);
                break;
            case action_kind::report_limit:
                report_limit(next.child);
                break;
            case action_kind::shut_down:
                stop_with(reason::shutdown);
                break;
            case action_kind::none:
                break;
        }
    }
}

std::optional<task<start_outcome>> supervisor_server::start_of(child_key key) const noexcept {
    static const extra_arguments none;
    const child& started = *children_[key];
    return supervise::start_child(started.spec, started.spec.shared_id(), none);
}

void supervisor_server::retry_later(child_key key) const {
    const try_again again{key, children_[key]->process};
    with_reserve([&] { server<supervisor_server>{self()}.cast(again); });
}

void supervisor_server::start_is_over(child_key key, const start_outcome& outcome) {
    switch (outcome.kind) {
        case start_kind::ok:
            now_running(key, outcome.process);
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
            plan_->start_failed(key);
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
    by_pid_.insert(supervise::hash_of(process), key);
    plan_->started(key);
    supervise::report_started([&] { return recipe_->describe(); }, children_[key]->spec, process);
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
    const child_key key = plan_->add(spec.restart(), spec.significant());
    if (key >= children_.size()) {
        children_.resize(key + 1);
    }
    by_id_.insert(supervise::hash_of(spec.id()), key);
    children_[key].emplace(child{std::move(spec), {}, {}});
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

std::string supervisor_server::initial_call() const {
    return "supervisor:" + recipe_->describe();
}

namespace {

class given_init final : public init_recipe {
  public:
    given_init(child_list children, const supervisor_flags& flags)
        : given_{std::move(children), flags} {}
    supervisor_init run() override { return std::move(given_); }
    std::string describe() const override { return "supervisor"; }

  private:
    supervisor_init given_;
};

}  // namespace

std::unique_ptr<server_base> make_supervisor(std::unique_ptr<init_recipe> init, std::string name) {
    auto make = [init = std::move(init), name](std::optional<supervisor_server>& into) mutable {
        into.emplace(std::move(init), std::move(name));
    };
    return std::make_unique<server_body_of<supervisor_server, decltype(make)>>(std::move(name),
                                                                               std::move(make));
}

std::unique_ptr<server_base> make_supervisor(child_list children, const supervisor_flags& flags) {
    std::string name{flags.name};
    return make_supervisor(std::make_unique<given_init>(std::move(children), flags),
                           std::move(name));
}

begun_start tree_recipe::begin(const std::string& name, const extra_arguments&) const {
    supervisor_flags flags = flags_;
    if (!name.empty()) {
        flags.name = name;
    }
    return make_supervisor(children_, flags);
}

}  // namespace coppice::detail
