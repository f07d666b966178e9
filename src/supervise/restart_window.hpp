// SPDX-License-Identifier: Apache-2.0
// Counts the restarts of the last `period` seconds. Pure.
//
// As OTP, the window counts in whole seconds and includes both ends. So the window is never shorter than
// `period`, and may be almost a second longer.
//
// Invariants
//   1. The seconds in `older_` rise strictly, are smaller than `latest_.second`, and are at most `period`
//      smaller.
//   2. `total_` is the sum of all counts.
//
// Cost       O(1) amortised. Memory for at most period + 1 counts, whatever the number of restarts.

#pragma once

#include <cstdint>
#include <deque>
#include <new>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::supervise {

class restart_window {
  public:
    /// Precondition: `max_restarts >= 0`, `period > 0`.
    restart_window(std::int64_t max_restarts, std::int64_t period_seconds)
        : max_restarts_{max_restarts}, period_{period_seconds} {
        COPPICE_EXPECTS(max_restarts_ >= 0 && period_ > 0, "validate the limits of restarts");
    }

    /// Counts a restart at `now`, in whole seconds of a monotonic clock. False: one restart too many. Without
    /// memory for another second, the restarts of the latest second are moved to `now`. The window then
    /// forgets no restart too early.
    bool account(std::int64_t now) noexcept {
        while (!older_.empty() && older_.front().second < now - period_) {
            total_ -= older_.front().restarts;
            older_.pop_front();
        }
        if (latest_.second != now) {
            begin_second(now);
        }
        ++latest_.restarts;
        return ++total_ <= max_restarts_;
    }

    std::int64_t recent() const noexcept { return total_; }
    /// The number of restarts that would still count at `now`. Cost: O(period).
    std::int64_t recent_at(std::int64_t now) const noexcept {
        std::int64_t out = latest_.second < now - period_ ? 0 : latest_.restarts;
        for (const count& each : older_) {
            out += each.second < now - period_ ? 0 : each.restarts;
        }
        return out;
    }
    std::int64_t max_restarts() const noexcept { return max_restarts_; }
    std::int64_t period() const noexcept { return period_; }

  private:
    struct count {
        std::int64_t second;
        std::int64_t restarts;
    };

    void begin_second(std::int64_t now) noexcept {
        if (latest_.second < now - period_) {
            total_ -= std::exchange(latest_.restarts, 0);
        }
        if (latest_.restarts > 0) {
            try {
                older_.push_back(latest_);
                latest_.restarts = 0;
            } catch (const std::bad_alloc&) {
                // the restarts of the latest second are moved to `now`
            }
        }
        latest_.second = now;
    }

    std::int64_t max_restarts_;
    std::int64_t period_;
    std::deque<count> older_;
    count latest_{0, 0};
    std::int64_t total_ = 0;
};

}  // namespace coppice::supervise
