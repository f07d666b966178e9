// SPDX-License-Identifier: Apache-2.0
// Spinlock for critical sections of some nanoseconds with almost no contention. Unlocking
// is a plain store, which makes the lock half as expensive as a mutex. A waiting thread
// yields its time slice.

#pragma once

#include <atomic>
#include <thread>

#include "platform/guarded.hpp"

namespace coppice::base {

class COPPICE_CAPABILITY("spin lock") spin_lock {
  public:
    void lock() noexcept COPPICE_ACQUIRE() {
        // Acquire: pairs with the release in unlock().
        while (locked_.exchange(true, std::memory_order_acquire)) {
            std::this_thread::yield();
        }
    }
    bool try_lock() noexcept COPPICE_TRY_ACQUIRE(true) {
        // Test before test-and-set: a load costs less than an exchange.
        return !locked_.load(std::memory_order_relaxed) &&
               // Acquire: pairs with the release in unlock().
               !locked_.exchange(true, std::memory_order_acquire);
    }
    // Pairs with the acquires in lock() and try_lock().
    void unlock() noexcept COPPICE_RELEASE() { locked_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> locked_{false};
};

}  // namespace coppice::base
