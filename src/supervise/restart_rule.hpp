// SPDX-License-Identifier: Apache-2.0
// The rule of restart types: whether an end is a failure, and whether a child is restarted and reported. The
// rule is the same for both kinds of supervisors and for applications. Pure.

#pragma once

#include "coppice/child_types.hpp"

namespace coppice::supervise {

/// Whether an end counts as a failure: every end of a permanent child or application, and an end of a
/// transient one unless it ended `quietly`. A child is restarted after a failure. An application is not
/// restarted: its failure ends the runtime.
constexpr bool is_failure(restart_type type, bool quietly) noexcept {
    return type == restart_type::permanent || (type == restart_type::transient && !quietly);
}

struct restart_decision {
    bool restarts = false;
    bool is_reported = false;  ///< As `child_terminated`.
};

/// `quietly`: the child ended with `normal`, `shutdown` or `{shutdown, _}`.
constexpr restart_decision decide_restart(restart_type type, bool quietly) noexcept {
    const bool restarts = is_failure(type, quietly);
    return {restarts, restarts || !quietly};
}

}  // namespace coppice::supervise
