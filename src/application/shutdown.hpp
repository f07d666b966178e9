// SPDX-License-Identifier: Apache-2.0
// Waits for the end of a process, without a limit or for a limited time, as OTP's
// application controller does.

#pragma once

#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

namespace coppice::application::detail {

/// Waits until the monitor has fired.
[[nodiscard]] task<> until_down(ref watching);
/// Asks the process to shut down, and waits for the end.
[[nodiscard]] task<> shut_down(pid who);
/// Likewise. Kills the process when the time is over. True if the process has shut down in time.
[[nodiscard]] task<bool> shut_down_within(pid who, time_span limit);

}  // namespace coppice::application::detail
