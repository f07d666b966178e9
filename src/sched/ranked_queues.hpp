// SPDX-License-Identifier: Apache-2.0
// The queues of runnables that are not of normal rank. Such runnables are rare, so all scheduler
// threads share these queues. A normal runnable pays one check whether the queues are empty.
//
// Threads    Any.

#pragma once

#include <cstddef>

#include "coppice/detail/contract.hpp"
#include "sched/injector.hpp"

namespace coppice::sched {

class ranked_queues {
  public:
    /// Precondition: `urgency` is not normal.
    void push(runnable& added, rank urgency) noexcept {
        COPPICE_EXPECTS(urgency != rank::normal, "put a normal runnable into a run queue");
        switch (urgency) {
            case rank::max:
                max_.push(added);
                return;
            case rank::high:
                high_.push(added);
                return;
            default:
                low_.push(added);
                return;
        }
    }
    /// The next runnable of high or max rank, which runs before all others; null if there is none.
    [[gnu::always_inline]] runnable* pop_urgent() noexcept {
        return has_urgent() ? pop_first_urgent() : nullptr;
    }
    /// Whether a runnable of high or max rank waits.
    bool has_urgent() const noexcept { return (max_.size() | high_.size()) != 0; }
    /// The next runnable of low rank, which runs when no other runnable waits, and every few turns.
    runnable* pop_low() noexcept { return low_.pop(); }

    std::size_t size() const noexcept { return max_.size() + high_.size() + low_.size(); }
    bool empty() const noexcept { return max_.empty() && high_.empty() && low_.empty(); }

  private:
    [[gnu::noinline]] runnable* pop_first_urgent() noexcept {
        runnable* first = max_.pop();
        return first != nullptr ? first : high_.pop();
    }

    injector max_;
    injector high_;
    injector low_;
};

}  // namespace coppice::sched
