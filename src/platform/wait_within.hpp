// SPDX-License-Identifier: Apache-2.0
// A condition variable's wait with any limit: the standard's adds it to the present time, which
// overflows.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace coppice::platform {

/// Whether the condition held in time.
template <class Condition>
bool wait_within(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                 std::chrono::nanoseconds limit, Condition holds) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 365};
    if (limit > longest) {
        changed.wait(lock, holds);
        return true;
    }
    return changed.wait_for(lock, limit, holds);
}

}  // namespace coppice::platform
