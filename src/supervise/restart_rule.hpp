// SPDX-License-Identifier: Apache-2.0
// The rule of restart types: whether the end of a child leads to a restart and a report. The same for both
// kinds of supervisors. Pure.

#pragma once

#include "coppice/child_types.hpp"

namespace coppice::supervise {

struct child_fate {
    bool restarts = false;
    bool is_reported = false;  ///< As `child_terminated`.
};

/// `quietly`: the child ended with `normal`, `shutdown` or `{shutdown, _}`.
constexpr child_fate fate_of(restart_type restart, bool quietly) noexcept {
    const bool restarts =
        restart == restart_type::permanent || (restart == restart_type::transient && !quietly);
    return {restarts, restarts || !quietly};
}

}  // namespace coppice::supervise
