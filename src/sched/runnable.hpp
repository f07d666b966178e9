// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace coppice::sched {

/// In rising order of urgency.
enum class rank : std::uint8_t { low, normal, high, max };

/// Something that takes turns on a scheduler thread. A runnable is in at most one queue at a time,
/// and on at most one thread.
class runnable {
  public:
    runnable() = default;
    runnable(const runnable&) = delete;
    runnable& operator=(const runnable&) = delete;
    virtual void run_turn() noexcept = 0;

    // Called by the sentinel during a turn, which may have ended by then.
    /// The turn has lasted long enough and is to end as soon as possible.
    virtual void ask_to_yield() noexcept {}
    /// The turn has not ended after `so_far`: the caller does the urgent work of the runnable.
    virtual void serve_in_absence(std::chrono::nanoseconds /*so_far*/) noexcept {}

    runnable* next_runnable = nullptr;  ///< For the queue that holds the runnable.
    /// A hint for the next thread that enqueues the runnable.
    std::atomic<rank> urgency{rank::normal};

  protected:
    ~runnable() = default;
};

/// Runnables linked by `next_runnable`; the link of the last has no meaning. Precondition of each use: not empty.
struct runnable_chain {
    runnable* first;
    runnable* last;
    std::size_t size;
};

}  // namespace coppice::sched
