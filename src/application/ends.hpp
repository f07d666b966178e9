// SPDX-License-Identifier: Apache-2.0
// Waiting for ends, however long they take, or for a limited time: so does OTP's application controller.

#pragma once

#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

namespace coppice::application::detail {

/// Until that monitor has fired.
[[nodiscard]] task<> until_down(ref watching);
/// Asks the process to shut down, and waits until it has.
[[nodiscard]] task<> shut_down(pid who);
/// Likewise, and kills it when the time is over; whether it has shut down in time.
[[nodiscard]] task<bool> shut_down_within(pid who, time_span limit);

}  // namespace coppice::application::detail
