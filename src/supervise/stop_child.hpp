// SPDX-License-Identifier: Apache-2.0
// Stopping one child: ask, wait, kill. Section by section what OTP's supervisor does, so that no
// exit message of the child is left behind.

#pragma once

#include <optional>

#include "coppice/child_spec.hpp"

namespace coppice::supervise {

/// Stops the child and waits for its end. The result is the reason if it has to be reported, as
/// when the child had to be killed or did not end the way it was asked to.
[[nodiscard]] task<std::optional<exit_reason>> stop_child(pid child, shutdown_limit limit,
                                                          restart_type restart);

/// Whether a child that was stopped may have ended with `why` without a report.
[[nodiscard]] bool is_expected_end(const exit_reason& why, shutdown_limit limit,
                                   restart_type restart);

}  // namespace coppice::supervise
