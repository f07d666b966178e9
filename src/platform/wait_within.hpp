// SPDX-License-Identifier: Apache-2.0
// The wait of a condition variable with any limit: the standard function adds the limit to the
// present time, which overflows.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace coppice::platform {

/// Whether `holds` became true within `limit`.
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
