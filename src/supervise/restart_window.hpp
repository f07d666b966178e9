// SPDX-License-Identifier: Apache-2.0
// How many restarts there were lately. Pure.
//
// Counts in whole seconds, with both ends of the window included, as OTP does: so the window is
// never shorter than `period`, and may be almost a second longer.
//
// Invariants
//   1. Seconds in `counts_` rise strictly and are no older than `period` before the last restart.
//   2. `total_` is the sum of their counts.
//
// Cost       O(1) amortised; memory for at most period + 1 counts, however many restarts there are.

#pragma once

#include <cstdint>
#include <deque>

namespace coppice::supervise {

class restart_window {
  public:
    /// Precondition: `max_restarts >= 0`, `period > 0`.
    restart_window(std::int64_t max_restarts, std::int64_t period_seconds)
        : max_restarts_{max_restarts}, period_{period_seconds} {}

    /// Counts a restart at `now`, in whole seconds of a clock that never goes back. False: one too
    /// many.
    bool account(std::int64_t now) {
        while (!counts_.empty() && counts_.front().second < now - period_) {
            total_ -= counts_.front().restarts;
            counts_.pop_front();
        }
        if (counts_.empty() || counts_.back().second != now) {
            counts_.push_back({now, 0});
        }
        ++counts_.back().restarts;
        return ++total_ <= max_restarts_;
    }

    std::int64_t recent() const noexcept { return total_; }

  private:
    struct count {
        std::int64_t second;
        std::int64_t restarts;
    };

    std::int64_t max_restarts_;
    std::int64_t period_;
    std::deque<count> counts_;
    std::int64_t total_ = 0;
};

}  // namespace coppice::supervise
