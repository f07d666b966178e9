// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "platform/thread_sight.hpp"
#include "sched/runnable.hpp"
#include "sched/turn_in_progress.hpp"

namespace coppice::sched {

/// Observer of turns that do not end. Called on the sentinel's thread.
class stuck_turn_listener {
  public:
    stuck_turn_listener() = default;
    stuck_turn_listener(const stuck_turn_listener&) = delete;
    stuck_turn_listener& operator=(const stuck_turn_listener&) = delete;

    /// Called once for each such turn, which may just have ended. Then `whose` may be in a later turn, or be
    /// the slot of another process.
    virtual void turn_is_stuck(runnable& whose, const turn_in_progress& turn,
                               platform::thread_number thread, std::chrono::nanoseconds so_far) = 0;
    virtual void turn_ended(runnable& whose, std::chrono::nanoseconds after) = 0;
    /// No spare is left to stand in for one more scheduler thread.
    virtual void out_of_spares(unsigned spares) = 0;

  protected:
    ~stuck_turn_listener() = default;
};

}  // namespace coppice::sched
