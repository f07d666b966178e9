// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sched/runnable.hpp"

namespace coppice::sched {

/// A snapshot of one thread that runs turns, as seen by other threads.
struct lane_view {
    unsigned index = 0;
    bool is_spare = false;
    bool is_active = true;
    std::size_t queue_len = 0;
    std::uint64_t turns = 0;
    std::uint64_t steals = 0;
    std::uint64_t messages = 0;  ///< Some turns old while the thread works.
    std::chrono::nanoseconds busy{0};
    const runnable* running = nullptr;  ///< Only for comparison.
};

}  // namespace coppice::sched
