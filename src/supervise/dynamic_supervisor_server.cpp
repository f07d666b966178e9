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

}  // namespace coppice::detail
