// SPDX-License-Identifier: Apache-2.0
// A prediction: the actions of a plan after the end of a child, if every start and stop succeeds. Pure.

#pragma once

#include <cstdint>
#include <vector>

#include "coppice/explain.hpp"
#include "supervise/child_policy.hpp"
#include "supervise/dynamic_plan.hpp"
#include "supervise/plan.hpp"

namespace coppice::supervise {

struct prediction {
    std::vector<action> actions;
    std::int64_t restarts = 0;    ///< In the window that ends now, including this restart.
    bool restarts_child = false;  ///< Whether the child that ended is restarted.
    bool shuts_down = false;
};

/// `plan_copy` is a copy of the plan. `policy` is the policy of the ending child, or null; the
/// prediction draws no jitter. If the prediction contains `shut_down`, the stops of all
/// running children follow.
prediction predict(plan plan_copy, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds, const child_policy* policy = nullptr);
prediction predict(dynamic_plan plan_copy, child_key ended, const exit_reason& why,
                   std::int64_t now_seconds, const child_policy* policy = nullptr);

/// The kind of the action in an explanation.
planned_kind planned_kind_of(action_kind kind) noexcept;

}  // namespace coppice::supervise
