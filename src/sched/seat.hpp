// SPDX-License-Identifier: Apache-2.0
// Room for one beside a worker's queue. Thieves leave it alone, unless the worker is stuck.
//
// Threads    put: the owner. Everything else: any.

#pragma once

#include <atomic>

#include "sched/runnable.hpp"

namespace coppice::sched {

class seat {
  public:
    /// Returns who was there before.
    runnable* put(runnable& next) noexcept {
        // Others only empty it. So an empty one stays as it is, and a store does, which costs a
        // tenth of an exchange. Release: pairs with the acquire of who takes it.
        if (empty()) {
            taken_by_.store(&next, std::memory_order_release);
            return nullptr;
        }
        return taken_by_.exchange(&next, std::memory_order_acq_rel);
    }

    runnable* take() noexcept {
        // To look costs less than to write.
        return empty() ? nullptr : taken_by_.exchange(nullptr, std::memory_order_acq_rel);
    }

    bool empty() const noexcept { return taken_by_.load(std::memory_order_relaxed) == nullptr; }

  private:
    std::atomic<runnable*> taken_by_{nullptr};
};

}  // namespace coppice::sched
