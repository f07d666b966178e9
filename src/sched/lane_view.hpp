// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sched/runnable.hpp"

namespace coppice::sched {

/// One of the threads that run turns, as others see it.
struct lane_view {
    unsigned index = 0;
    bool is_spare = false;
    bool is_active = true;
    std::size_t queue_len = 0;
    std::uint64_t turns = 0;
    std::uint64_t steals = 0;
    std::uint64_t messages = 0;  ///< Some turns old while it works.
    std::chrono::nanoseconds busy{0};
    const runnable* running = nullptr;  ///< Only to be compared.
};

}  // namespace coppice::sched
