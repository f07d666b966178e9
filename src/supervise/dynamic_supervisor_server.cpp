// SPDX-License-Identifier: Apache-2.0

#include "supervise/dynamic_supervisor_server.hpp"

#include <utility>

#include "coppice/report.hpp"
#include "supervise/reports.hpp"
#include "supervise/stop_child.hpp"
#include "supervise/stop_children.hpp"
#include "supervise/validate.hpp"

namespace coppice::detail {
namespace {

constexpr const char* class_name = "dynamic_supervisor";

/// Checks the flags before the window is made of them.
const dynamic_supervisor_flags& checked(const dynamic_supervisor_flags& flags) {
    supervisor_flags common;
    common.max_restarts = flags.max_restarts;
    common.max_seconds = flags.max_seconds;
    if (auto error = supervise::wrong_with(common)) {
        exit(exit_reason::tuple("supervisor_data", std::move(*error)));
    }
    return flags;
}

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
    start_outcome outcome = co_await supervise::run_start(asked.spec, false, extra_);
    switch (outcome.kind) {
        case start_kind::ok:
            break;
        case start_kind::ignored:
            co_return child_result::ignored_start();
        case start_kind::failed:
            co_return child_result::failed(std::move(outcome.why));
    }
    if (asked.spec.restart() == restart_type::temporary) {
        asked.spec.forget_start();
    }
    ++count_of(asked.spec);
    ++counts_.specs;
    ++counts_.active;
    children_.insert_or_assign(outcome.process, child{std::move(asked.spec)});
    co_return child_result::started(outcome.process);
}

task<void_result> dynamic_supervisor_server::handle_call(dynamic_terminate_request asked) {
    return stop(asked.child);
}

task<void_result> dynamic_supervisor_server::stop(pid who) {
    const auto found = children_.find(who);
    if (found == children_.end()) {
        co_return std::unexpected{exit_reason{"not_found"}};
    }
    if (!found->second.restarting) {
        const child_spec spec = found->second.spec;
        const supervise::child_end ended = co_await supervise::stop_child(who, spec.shutdown());
        report_stopped(ended, spec, who);
    }
    forget(who);
    co_return void_result{};
}

std::vector<child_info> dynamic_supervisor_server::handle_call(which_children_request) {
    std::vector<child_info> out;
    out.reserve(children_.size());
    for (const auto& [process, each] : children_) {
        out.push_back({"undefined",
                       each.restarting ? child_status::restarting : child_status::running,
                       each.restarting ? pid{} : process, each.spec.type()});
    }
    return out;
}

supervisor_description dynamic_supervisor_server::handle_call(describe_request) {
    supervisor_description out{"dynamic", restarts_, {}};
    for (const auto& [process, each] : children_) {
        out.children.push_back({each.spec.id(),
                                each.restarting ? child_status::restarting : child_status::running,
                                each.restarting ? pid{} : process, each.spec.type()});
    }
    return out;
}

child_counts dynamic_supervisor_server::handle_call(count_children_request) {
    return counts_;
}

task<> dynamic_supervisor_server::handle_info(exit_message ended) {
    const auto found = children_.find(ended.from);
    if (found == children_.end() || found->second.restarting) {
        co_return;
    }
    const child_spec& spec = found->second.spec;
    const bool quietly = ended.why.is_quiet();
    const bool restarts = spec.restart() == restart_type::permanent ||
                          (spec.restart() == restart_type::transient && !quietly);
    if (restarts || !quietly) {
        supervise::report_child(supervisor_context::child_terminated, class_name, ended.why, spec,
                                ended.from);
    }
    if (restarts) {
        co_await restart(ended.from);
    } else {
        forget(ended.from);
    }
}

task<> dynamic_supervisor_server::handle_cast(try_again again) {
    const auto found = children_.find(again.child);
    if (found != children_.end() && found->second.restarting) {
        co_await restart(again.child);
    }
}

task<> dynamic_supervisor_server::restart(pid last) {
    const child_spec spec = children_.find(last)->second.spec;
    if (!window_.account(supervise::whole_seconds())) {
        supervise::report_child(supervisor_context::shutdown, class_name,
                                "reached_max_restart_intensity", spec, last);
        forget(last);
        stop_with(reason::shutdown);
        co_return;
    }
    const start_outcome outcome = co_await supervise::run_start(spec, false, extra_);
    child& kept = children_.find(last)->second;
    switch (outcome.kind) {
        case start_kind::ok:
            ++restarts_;
            if (std::exchange(kept.restarting, false)) {
                ++counts_.active;
            }
            if (outcome.process != last) {
                auto moved = children_.extract(last);
                moved.key() = outcome.process;
                children_.insert(std::move(moved));
            }
            break;
        case start_kind::ignored:
            forget(last);
            break;
        case start_kind::failed:
            supervise::report_child(supervisor_context::start_error, class_name, outcome.why, spec,
                                    last);
            if (!std::exchange(kept.restarting, true)) {
                --counts_.active;
            }
            server<dynamic_supervisor_server>{self()}.cast(try_again{last});
            break;
    }
}

void dynamic_supervisor_server::handle_info(any_message unexpected) {
    supervise::report_unexpected(class_name, unexpected);
}

task<> dynamic_supervisor_server::terminate(exit_reason) {
    std::vector<supervise::stopping_child> stopping;
    stopping.reserve(children_.size());
    for (const auto& [process, each] : children_) {
        if (!each.restarting) {
            stopping.push_back({process, each.spec.shutdown()});
        }
    }
    const std::vector<supervise::stopping_child> ended =
        co_await supervise::stop_children(std::move(stopping));
    for (const supervise::stopping_child& each : ended) {
        const child_spec& spec = children_.find(each.process)->second.spec;
        report_stopped(each.end, spec, each.process);
    }
}

void dynamic_supervisor_server::forget(const pid& who) {
    const auto leaving = children_.find(who);
    --count_of(leaving->second.spec);
    --counts_.specs;
    if (!leaving->second.restarting) {
        --counts_.active;
    }
    children_.erase(leaving);
}

std::size_t& dynamic_supervisor_server::count_of(const child_spec& spec) {
    return spec.type() == child_type::supervisor ? counts_.supervisors : counts_.workers;
}

task<start_outcome> dynamic_recipe::start(const std::string& name, const extra_arguments&) const {
    dynamic_supervisor_flags flags = flags_;
    if (!name.empty()) {
        flags.name = name;
    }
    auto starting = dynamic_supervisor::start_link(flags, extra_);
    const auto result = co_await starting;
    co_return result.outcome();
}

}  // namespace coppice::detail

namespace coppice {

using request_maker = server<detail::dynamic_supervisor_server>;

dynamic_supervisor::start_awaiter dynamic_supervisor::start_link(dynamic_supervisor_flags flags,
                                                                 extra_arguments extra) {
    std::string name{flags.name};
    flags.name = {};
    auto make = [flags, extra](std::optional<detail::dynamic_supervisor_server>& into) {
        into.emplace(flags, extra);
    };
    using body = detail::server_body_of<detail::dynamic_supervisor_server, decltype(make)>;
    return start_awaiter{std::make_unique<body>(std::move(name), std::move(make))};
}

task<child_result> dynamic_supervisor::start_child(child_spec spec) const {
    if (spec.id().empty()) {
        spec.id("undefined");
    }
    const bool significant = spec.significant();
    if (auto error = supervise::wrong_with(spec.significant(false), auto_shutdown_mode::never)) {
        co_return child_result::failed(std::move(*error));
    }
    if (significant) {  // it shuts nothing down automatically
        co_return child_result::failed(
            exit_reason::tuple("invalid_significant", exit_reason::symbol("true")));
    }
    const detail::dynamic_start_request request{std::move(spec)};
    auto asking = ask<child_result>(request_maker::make_call(request));
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
