// SPDX-License-Identifier: Apache-2.0
// Destroys undelivered timer actions in a turn of its own. Their destructors run user code; if a
// destructor does not return, a spare stands in for the scheduler thread as in any other turn.
//
// The list of actions is unbounded while such a turn lasts: no process waits for the
// actions in the list.
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

    /// Adds actions to the list. True if the caller has to enqueue this runnable.
    bool add(const time::timer_list& undelivered) noexcept;
    void run_turn() noexcept override;

  private:
    base::spin_lock lock_;
    time::timer_list waiting_{};
    bool has_turn_ = false;  ///< Enqueued or running.
};

}  // namespace coppice::sched
