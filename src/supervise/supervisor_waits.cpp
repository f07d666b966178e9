// SPDX-License-Identifier: Apache-2.0
// The back-off and the budgets of a supervisor's children. The delays are timers, so that the supervisor serves
// requests meanwhile.

#include "supervise/supervisor_server.hpp"

#include <algorithm>

#include "supervise/reports.hpp"
#include "supervise/restart_rule.hpp"

namespace coppice::detail {

using supervise::no_child;

supervise::restart_terms supervisor_server::terms_of(child_key key, const exit_reason& why) {
    const child& ended = *children_[key];
    if (!ended.policy ||
        !supervise::decide_restart(ended.spec.restart(), why.is_quiet()).restarts) {
        return {};
    }
    return ended.policy->after_life(now(), chance_.next());
}

supervise::budget_answer supervisor_server::account(child_key key) {
    const auto& policy = children_[key]->policy;
    return policy ? policy->account(now()) : supervise::budget_answer::none;
}

nanoseconds supervisor_server::delay_after_failed_start(child_key key) {
    const auto& policy = children_[key]->policy;
    return policy ? policy->after_failed_start(chance_.next()) : nanoseconds{0};
}

void supervisor_server::begin_wait(const supervise::action& next) {
    supervise::child_policy& policy = *children_[next.child]->policy;
    cancel_timer(policy.alarm());
    const wait_over over{next.child, ++waits_};
    const timer alarm = with_reserve([&] { return send_after(next.delay, self(), over); });
    policy.wait_until(time_after(next.delay), over.number, alarm);
}

/// A message of an earlier wait has another number. Another child may have taken the key meanwhile.
task<> supervisor_server::handle_info(wait_over over) {
    task<> carrying = carry_out();
    const child_key key = over.child;
    if (plan_->contains(key) && plan_->leader_of(key) == key &&
        children_[key]->policy->waits_under(over.number)) {
        plan_->try_again(key, supervise::whole_seconds(), account(key));
    }
    return carrying;
}

std::optional<nanoseconds> supervisor_server::wait_left(child_key key) const {
    const child_key leader = plan_->leader_of(key);
    if (leader == no_child) {
        return std::nullopt;
    }
    return std::max(nanoseconds{0}, children_[leader]->policy->due() - now());
}

/// By request, and therefore not counted.
task<child_result> supervisor_server::start_waiting(child_key key) {
    failed_start_.reset();
    task<> carrying = carry_out();
    plan_->start_waiting(key);
    co_await carrying;
    if (plan_->status_of(key) == child_status::running) {
        ++manual_restarts_;
        co_return child_result::started(children_[key]->process);
    }
    if (failed_start_) {  // perhaps of another child of the group
        co_return child_result::failed(*failed_start_);
    }
    co_return child_result::ignored_start();
}

}  // namespace coppice::detail
