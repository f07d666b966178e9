// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace coppice::sched {

/// In rising order of urgency.
enum class rank : std::uint8_t { low, normal, high, max };

/// Something that takes turns on a worker. It is in at most one queue at a time, and on one worker.
class runnable {
  public:
    runnable() = default;
    runnable(const runnable&) = delete;
    runnable& operator=(const runnable&) = delete;
    virtual void run_turn() noexcept = 0;

    // The sentinel, while a turn lasts; it may have ended by then.
    /// The turn has lasted long enough: it is to end as soon as it can.
    virtual void hurry() noexcept {}
    /// The turn has not ended in all that time: somebody else has to do what cannot wait for that.
    virtual void look_after(std::chrono::nanoseconds /*so_far*/) noexcept {}

    runnable* next_runnable = nullptr;  ///< For whichever queue holds it.
    /// A hint for whoever enqueues it next.
    std::atomic<rank> urgency{rank::normal};

  protected:
    ~runnable() = default;
};

}  // namespace coppice::sched
