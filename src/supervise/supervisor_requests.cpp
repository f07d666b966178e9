// SPDX-License-Identifier: Apache-2.0
// The requests that start and stop single children.

#include "supervise/supervisor_server.hpp"

#include <utility>

#include "supervise/start_child.hpp"
#include "supervise/validate.hpp"

namespace coppice::detail {

using supervise::no_child;

task<child_result> supervisor_server::handle_call(start_child_request asked) {
    if (auto error = supervise::wrong_with(asked.spec, auto_shutdown_)) {
        co_return child_result::failed(std::move(*error));
    }
    if (const child_key known = find(asked.spec.id()); known != no_child) {
        co_return child_result::failed(
            plan_->status_of(known) == child_status::running
                ? exit_reason::tuple("already_started",
                                     exit_reason::process(children_[known]->process))
                : exit_reason{"already_present"});
    }
    const bool temporary = asked.spec.restart() == restart_type::temporary;
    const child_key key = add(std::move(asked.spec));
    auto starting = start_of(key);
    start_outcome outcome = co_await starting;
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
    if (plan_->status_of(key) == child_status::running) {
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
    if (key != no_child && plan_->leader_of(key) != no_child) {
        auto starting_group = start_waiting(key);
        co_return co_await starting_group;
    }
    if (auto error = not_stopped(key)) {
        co_return child_result::failed(std::move(*error));
    }
    auto starting = start_of(key);
    start_outcome outcome = co_await starting;
    switch (outcome.kind) {
        case start_kind::ok:
            now_running(key, outcome.process);
            ++manual_restarts_;
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
    switch (plan_->status_of(key)) {
        case child_status::running:
            return exit_reason{"running"};
        case child_status::restarting:
            return exit_reason{"restarting"};
        case child_status::stopped:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace coppice::detail
