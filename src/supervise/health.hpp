// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/child_spec.hpp"
#include "coppice/pid.hpp"

namespace coppice::supervise {

/// Starts the process that checks the health of the child, if the spec asks for checks. The process is linked to
/// the calling supervisor, and ends with the child.
void begin_health_checks(const pid& child, const child_spec& spec);

}  // namespace coppice::supervise
