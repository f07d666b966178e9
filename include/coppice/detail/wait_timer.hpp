// SPDX-License-Identifier: Apache-2.0
// The timer of a wait. Most waits are over before a thread next dates its timers. Until then the timer is an
// entry of a list in the queue of timers, inside of the waiting object, and needs no memory of its own.

#pragma once

#include <cstdint>

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The object must stay in place until the timer is cancelled.
struct wait_timer {
    wait_timer(const wait_timer&) = delete;
    wait_timer& operator=(const wait_timer&) = delete;

    // For the queue of timers, under its lock. Not initialised before the timer is armed: a wait without a timer
    // pays nothing.
    void* queue;  ///< The `time::timer_queue`.
    wait_timer* next;
    wait_timer** link;   ///< The pointer to this timer; null: not in the list of undated waits.
    std::uint64_t word;  ///< In the list: the duration in ns. Later: the id of the timer.

  protected:
    wait_timer() noexcept {}  // NOLINT: see the fields
    ~wait_timer() = default;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
