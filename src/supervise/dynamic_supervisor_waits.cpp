// SPDX-License-Identifier: Apache-2.0
// The back-off and the budgets of a dynamic supervisor's children.

#include "supervise/dynamic_supervisor_server.hpp"

#include "supervise/reports.hpp"
#include "supervise/restart_rule.hpp"

namespace coppice::supervise {

using detail::nanoseconds;

restart_terms dynamic_supervisor_server::terms_of(child_key key, const exit_reason& why) {
    const child& ended = children_[key];
    if (!ended.policy || !decide_restart(ended.spec.restart(), why.is_quiet()).restarts) {
        return {};
    }
    return ended.policy->after_life(detail::now(), chance_.next());
}

budget_answer dynamic_supervisor_server::account(child_key key) {
    const auto& policy = children_[key].policy;
    return policy ? policy->account(detail::now()) : budget_answer::none;
}

nanoseconds dynamic_supervisor_server::delay_after_failed_start(child_key key) {
    const auto& policy = children_[key].policy;
    return policy ? policy->after_failed_start(chance_.next()) : nanoseconds{0};
}

void dynamic_supervisor_server::begin_wait(const action& next) {
    const child& waiting = children_[next.child];
    cancel_timer(waiting.policy->alarm());
    const wait_over over{waiting.process, ++waits_};
    const timer alarm = detail::with_reserve([&] { return send_after(next.delay, self(), over); });
    waiting.policy->wait_until(detail::time_after(next.delay), over.number, alarm);
}

task<> dynamic_supervisor_server::handle_info(wait_over over) {
    task<> carrying = carry_out();
    const child_key key = find(over.child);
    if (key != no_child && plan_.status_of(key) == child_status::restarting &&
        children_[key].policy && children_[key].policy->waits_under(over.number)) {
        plan_.try_again(key, supervise::whole_seconds(), account(key));
    }
    return carrying;
}

std::optional<nanoseconds> dynamic_supervisor_server::wait_left(child_key key) const {
    const auto& policy = children_[key].policy;
    if (!policy || plan_.status_of(key) != child_status::restarting) {
        return std::nullopt;
    }
    // A retry without a delay leaves the due time of an earlier wait.
    const nanoseconds left = policy->due() - detail::now();
    return left > nanoseconds{0} ? std::optional{left} : std::nullopt;
}

}  // namespace coppice::supervise
