// SPDX-License-Identifier: Apache-2.0
// A slot for one runnable beside the queue of a scheduler thread. Thieves leave the slot alone,
// unless the scheduler thread is stuck.
//
// Threads    put: the owner. Everything else: any.

#pragma once

#include <atomic>

#include "sched/runnable.hpp"

namespace coppice::sched {

class lifo_slot {
  public:
    /// Returns the runnable that was in the slot before; null if the slot was empty.
    runnable* put(runnable& next) noexcept {
        // Other threads only ever empty the slot. If the slot is empty it stays empty, so a
        // plain store suffices, at a tenth of the cost of an exchange. Release: pairs with
        // the acquire in take().
        if (empty()) {
            taken_by_.store(&next, std::memory_order_release);
            return nullptr;
        }
        // Pairs with take(): acquire for the runnable put in before, release for this one.
        return taken_by_.exchange(&next, std::memory_order_acq_rel);
    }

    runnable* take() noexcept {
        // A load costs less than an exchange.
        // Acquire: pairs with the releases in put().
        return empty() ? nullptr : taken_by_.exchange(nullptr, std::memory_order_acq_rel);
    }

    bool empty() const noexcept { return taken_by_.load(std::memory_order_relaxed) == nullptr; }

  private:
    std::atomic<runnable*> taken_by_{nullptr};
};

}  // namespace coppice::sched
