// SPDX-License-Identifier: Apache-2.0
// Where those wait who are not of normal rank. Few ever are, so all workers share these queues, and
// what they cost the others is a look whether they are empty.
//
// Threads    Any.

#pragma once

#include <cstddef>

#include "sched/injector.hpp"

namespace coppice::sched {

class ranked_queues {
  public:
    /// Precondition: its rank is not normal.
    void push(runnable& added, rank urgency) noexcept {
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
    /// Before everybody else.
    [[gnu::always_inline]] runnable* pop_urgent() noexcept {
        return max_.empty() && high_.empty() ? nullptr : pop_first_urgent();
    }
    /// When nobody else waits, and now and then.
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
