// SPDX-License-Identifier: Apache-2.0

#include "supervise/foresight.hpp"

namespace coppice::supervise {

foresight foresee(plan imagined, child_key ended, const exit_reason& why,
                  std::int64_t now_seconds) {
    foresight out;
    imagined.child_ended(ended, why, now_seconds);
    out.restarts = imagined.restarts_at(now_seconds);
    for (action next = imagined.next(); next.kind != action_kind::none; next = imagined.next()) {
        out.actions.push_back(next);
        switch (next.kind) {
            case action_kind::start:
                imagined.started(next.child);
                break;
            case action_kind::stop:
                imagined.stopped(next.child);
                break;
            case action_kind::shut_down:
                imagined.stop_all();
                break;
            default:
                break;
        }
    }
    return out;
}

}  // namespace coppice::supervise
