// SPDX-License-Identifier: Apache-2.0
// The delays before the restarts of one child. Pure: the caller reads the clock and draws the jitter.
//
// Invariants
//   1. `next_` is from `first` to `maximum`.
//
// Cost       O(1).

#pragma once

#include <algorithm>
#include <chrono>

#include "coppice/restart_backoff.hpp"

namespace coppice::supervise {

class backoff_delays {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Precondition: `how` is valid, see validate.hpp.
    explicit backoff_delays(const restart_backoff& how) noexcept : how_{how}, next_{how.first} {}

    /// The delay after the end of a life that lasted for `lived`. `chance` is from 0 to 1.
    nanoseconds after_life(nanoseconds lived, double chance) noexcept {
        if (lived >= how_.reset_after.value()) {
            next_ = how_.first;
        }
        return after_failed_start(chance);
    }
    /// The delay after a start that failed. `chance` is from 0 to 1.
    nanoseconds after_failed_start(double chance) noexcept {
        const nanoseconds whole = next_;
        next_ = times(whole, how_.factor);
        return times(whole, 1 - how_.jitter * chance);
    }

  private:
    /// At most `maximum`, also where the product has no representation.
    nanoseconds times(nanoseconds delay, double by) const noexcept {
        const double longest = static_cast<double>(how_.maximum.count());
        const double product = static_cast<double>(delay.count()) * by;
        if (!(product < longest)) {
            return how_.maximum;
        }
        return std::min(how_.maximum.value(), nanoseconds{static_cast<nanoseconds::rep>(product)});
    }

    restart_backoff how_;
    nanoseconds next_;
};

}  // namespace coppice::supervise
