// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coppice::sched {

/// Something that takes turns on a worker. It is in at most one queue at a time, and on one worker.
class runnable {
  public:
    runnable() = default;
    runnable(const runnable&) = delete;
    runnable& operator=(const runnable&) = delete;
    virtual void run_turn() noexcept = 0;

    runnable* next_runnable = nullptr;  ///< For whichever queue holds it.

  protected:
    ~runnable() = default;
};

}  // namespace coppice::sched
