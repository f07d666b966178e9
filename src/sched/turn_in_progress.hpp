// SPDX-License-Identifier: Apache-2.0
// A turn as another thread sees it, without disturbing the turn.

#pragma once

#include <atomic>
#include <cstdint>

#include "sched/runnable.hpp"

namespace coppice::sched {

/// Names one turn on one scheduler thread. Copies are valid for the lifetime of the scheduler. Any thread.
class turn_in_progress {
  public:
    turn_in_progress(const runnable& whose, const std::atomic<std::uint64_t>& turns,
                     const std::atomic<runnable*>& running, std::uint64_t number) noexcept
        : whose_{&whose}, turns_{&turns}, running_{&running}, number_{number} {}

    const runnable& whose() const noexcept { return *whose_; }
    /// Whether the turn has ended. The answer may be false for an instant while the thread begins a later turn
    /// of the same runnable, before the number of that turn is published.
    bool is_over() const noexcept {
        // Acquire: pairs with the releases in thread_scheduler::work().
        return turns_->load(std::memory_order_acquire) != number_ ||
               running_->load(std::memory_order_acquire) != whose_;
    }

  private:
    const runnable* whose_;
    const std::atomic<std::uint64_t>* turns_;  ///< The number of turns that the thread has begun.
    const std::atomic<runnable*>* running_;    ///< Null between turns.
    std::uint64_t number_;
};

}  // namespace coppice::sched
