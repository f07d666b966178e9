// SPDX-License-Identifier: Apache-2.0

#include "supervise/prediction.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace coppice::supervise {
namespace {

std::int64_t whole_seconds_of(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

std::unique_ptr<child_policy> copy_of(const child_policy* policy) {
    return policy == nullptr ? nullptr : std::make_unique<child_policy>(*policy);
}

template <class Plan>
prediction predict_with(Plan& plan_copy, child_key ended, const exit_reason& why,
                        std::int64_t now_seconds, std::unique_ptr<child_policy> policy) {
    prediction out;
    restart_terms terms;
    budget_answer own = budget_answer::none;
    if (policy) {
        const std::chrono::nanoseconds now = std::chrono::seconds{now_seconds};
        terms = policy->after_life(now, 0);
        own = terms.delay.count() == 0 ? terms.budget : policy->account(now + terms.delay);
    }
    plan_copy.child_ended(ended, why, now_seconds, terms);
    out.restarts = plan_copy.restarts_at(now_seconds);
    for (action next = plan_copy.next(); next.kind != action_kind::none; next = plan_copy.next()) {
        switch (next.kind) {
            case action_kind::start:
                plan_copy.started(next.child);
                out.restarts_child |= next.restarts;
                break;
            case action_kind::stop:
                plan_copy.stopped(next.child);
                break;
            case action_kind::wait:
                plan_copy.try_again(next.child, now_seconds + whole_seconds_of(next.delay), own);
                break;
            case action_kind::shut_down:
                plan_copy.stop_all();
                out.shuts_down = true;
                break;
            default:
                break;
        }
        out.actions.push_back(std::move(next));
    }
    return out;
}

}  // namespace

prediction predict(plan plan_copy, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds, const child_policy* policy) {
    return predict_with(plan_copy, ended, why, now_seconds, copy_of(policy));
}

prediction predict(dynamic_plan plan_copy, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds, const child_policy* policy) {
    return predict_with(plan_copy, ended, why, now_seconds, copy_of(policy));
}

planned_kind planned_kind_of(action_kind kind) noexcept {
    switch (kind) {
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
        case action_kind::wait:
            return planned_kind::wait;
        default:
            return planned_kind::shut_down;
    }
}

}  // namespace coppice::supervise
