// SPDX-License-Identifier: Apache-2.0

#include "supervise/foresight.hpp"

#include <utility>

namespace coppice::supervise {
namespace {

template <class Plan>
foresight foreseen(Plan& imagined, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds) {
    foresight out;
    imagined.child_ended(ended, why, now_seconds);
    out.restarts = imagined.restarts_at(now_seconds);
    for (action next = imagined.next(); next.kind != action_kind::none; next = imagined.next()) {
        switch (next.kind) {
            case action_kind::start:
                imagined.started(next.child);
                out.restarts_child |= next.restarts;
                break;
            case action_kind::stop:
                imagined.stopped(next.child);
                break;
            case action_kind::shut_down:
                imagined.stop_all();
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

foresight foresee(plan imagined, child_key ended, const exit_reason& why,
                  std::int64_t now_seconds) {
    return foreseen(imagined, ended, why, now_seconds);
}

foresight foresee(dynamic_plan imagined, child_key ended, const exit_reason& why,
                  std::int64_t now_seconds) {
    return foreseen(imagined, ended, why, now_seconds);
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
