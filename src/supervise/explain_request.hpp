// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/exit_reason.hpp"
#include "coppice/explain.hpp"
#include "coppice/pid.hpp"

namespace coppice::detail {

/// What both kinds of supervisors answer to `explain`. The answer's `supervisor` is empty if the process is
/// no child of that supervisor.
struct explain_request {
    using reply = explanation;
    pid process;
    exit_reason why;
};

}  // namespace coppice::detail
