// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "platform/thread_sight.hpp"
#include "sched/runnable.hpp"

namespace coppice::sched {

/// Observer of turns that do not end. Called on the sentinel's thread.
class overrun_listener {
  public:
    overrun_listener() = default;
    overrun_listener(const overrun_listener&) = delete;
    overrun_listener& operator=(const overrun_listener&) = delete;

    /// Called once for each such turn, which may just have ended.
    virtual void turn_overran(runnable& whose, platform::thread_number thread,
                              std::chrono::nanoseconds so_far) = 0;
    virtual void turn_ended(runnable& whose, std::chrono::nanoseconds after) = 0;
    /// No spare is left to stand in for one more scheduler thread.
    virtual void out_of_spares(unsigned spares) = 0;

  protected:
    ~overrun_listener() = default;
};

}  // namespace coppice::sched
