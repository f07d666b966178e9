// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/timer.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

timer arm(runtime_core& world, nanoseconds after, std::uint64_t owner,
          std::unique_ptr<time::timer_action> action);

}  // namespace coppice::detail
