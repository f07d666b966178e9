// SPDX-License-Identifier: Apache-2.0

#include "supervise/prediction.hpp"

#include <utility>

namespace coppice::supervise {
namespace {

template <class Plan>
prediction predict_with(Plan& plan_copy, child_key ended, const exit_reason& why,
                        std::int64_t now_seconds) {
    prediction out;
    plan_copy.child_ended(ended, why, now_seconds);
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
                   std::int64_t now_seconds) {
    return predict_with(plan_copy, ended, why, now_seconds);
}

prediction predict(dynamic_plan plan_copy, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds) {
    return predict_with(plan_copy, ended, why, now_seconds);
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
        default:
            return planned_kind::shut_down;
    }
}

}  // namespace coppice::supervise
