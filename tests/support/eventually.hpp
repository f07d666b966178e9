// SPDX-License-Identifier: Apache-2.0
// How tests wait for another thread: by polling, not by sleeping.

#pragma once

#include <chrono>
#include <thread>

#include "support/sanitizers.hpp"

namespace coppice::test {

/// Longer than any test needs; a test that waits this long has failed.
inline constexpr std::chrono::seconds patience{under_tsan ? 60 : 30};

/// Waits until `holds()`; false at the deadline.
template <class Condition>
bool eventually(Condition holds, std::chrono::nanoseconds limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

}  // namespace coppice::test
