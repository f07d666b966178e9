// SPDX-License-Identifier: Apache-2.0
// The schedule of restarts: when a child that fails again and again is restarted, and when its supervisor gives
// up. `coppice simulate --schedule` prints such schedules.
//
// Threads    Anywhere.
// Blocking   None.
// Ownership  Plain values.
// Errors     Wrong settings throw `badarg_error`.
// Cost       O(1) for each restart.

#pragma once

#include <cstddef>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/restart_backoff.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A child that fails again and again, and the limits on its restarts.
struct failing_child {
    restart_backoff backoff = {};  ///< Without jitter: each delay has its full length.
    restart_budget limit = {};     ///< The child's budget, or `max_restarts` of its supervisor.
    /// How long each life of the child lasts.
    time_span lives_for = std::chrono::nanoseconds{0};
};

/// One restart.
struct scheduled_restart {
    std::chrono::nanoseconds delay{0};  ///< From the end of the child until the restart.
    std::chrono::nanoseconds at{0};     ///< From the first start of the child until the restart.
    bool gives_up = false;  ///< The restart is one too many: the supervisor ends instead.

    /// Equal in all fields.
    bool operator==(const scheduled_restart&) const = default;
};

/// The first restarts, at most `count`. The last one has `gives_up` if the supervisor gives up by then.
[[nodiscard]] std::vector<scheduled_restart> restart_schedule(const failing_child& child,
                                                              std::size_t count);

}  // namespace coppice

#pragma GCC visibility pop
