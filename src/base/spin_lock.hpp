// SPDX-License-Identifier: Apache-2.0
// A lock for what takes some nanoseconds and hardly ever meets anybody: to unlock is a plain store,
// which makes it half as dear as a mutex. Whoever has to wait gives its time slice away.

#pragma once

#include <atomic>
#include <thread>

namespace coppice::base {

class spin_lock {
  public:
    void lock() noexcept {
        while (locked_.exchange(true, std::memory_order_acquire)) {
            std::this_thread::yield();
        }
    }
    bool try_lock() noexcept {
        // To look costs less than to write.
        return !locked_.load(std::memory_order_relaxed) &&
               !locked_.exchange(true, std::memory_order_acquire);
    }
    void unlock() noexcept { locked_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> locked_{false};
};

}  // namespace coppice::base
