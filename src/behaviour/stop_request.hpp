// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/exit_reason.hpp"

namespace coppice::detail {

/// The system message that asks a behaviour to stop.
struct stop_request {
    exit_reason why;
};

}  // namespace coppice::detail
