// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/exit_reason.hpp"
#include "coppice/explain.hpp"
#include "coppice/pid.hpp"

namespace coppice::supervise {

/// The request behind `explain`, answered by both kinds of supervisors. The `supervisor` of the answer is
/// empty if the process is no child of the supervisor.
struct explain_request {
    using reply = explanation;
    pid process;
    exit_reason why;
};

}  // namespace coppice::supervise
