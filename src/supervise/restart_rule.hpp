// SPDX-License-Identifier: Apache-2.0
// What the end of a child means by its restart type: the same for every supervisor. Pure.

#pragma once

#include "coppice/child_types.hpp"

namespace coppice::supervise {

struct child_fate {
    bool restarts = false;
    bool is_reported = false;  ///< As `child_terminated`.
};

/// `quietly`: with `normal`, `shutdown` or `{shutdown, _}`.
constexpr child_fate fate_of(restart_type restart, bool quietly) noexcept {
    const bool restarts =
        restart == restart_type::permanent || (restart == restart_type::transient && !quietly);
    return {restarts, restarts || !quietly};
}

}  // namespace coppice::supervise
