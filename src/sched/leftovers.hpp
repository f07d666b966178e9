// SPDX-License-Identifier: Apache-2.0
// What timers could not deliver, to be destroyed in a turn: that runs code of the user's, and if it does
// not return, a spare stands in for its worker as for any other turn.
//
// It is unbounded while such a turn lasts: nobody waits for what is in it.
//
// Threads    Any.

#pragma once

#include "base/spin_lock.hpp"
#include "sched/runnable.hpp"
#include "time/timer_list.hpp"

namespace coppice::sched {

class leftovers final : public runnable {
  public:
    leftovers() = default;
    leftovers(const leftovers&) = delete;
    leftovers& operator=(const leftovers&) = delete;
    ~leftovers();

    /// True if it has to be enqueued for that.
    bool add(const time::timer_list& undelivered) noexcept;
    void run_turn() noexcept override;

  private:
    base::spin_lock lock_;
    time::timer_list waiting_{};
    bool has_turn_ = false;  ///< Is enqueued, or runs.
};

}  // namespace coppice::sched
