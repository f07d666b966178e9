// SPDX-License-Identifier: Apache-2.0
// Merges the rings of the flight recorder into one list, on request. The events recorded since the last
// request get the next numbers, in the order of their times. So an event keeps its number, and a reader gets
// each event exactly once.
//
// Threads    Any.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "coppice/events.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

class event_log {
  public:
    events::page read(detail::runtime_core& world, std::uint64_t since, std::size_t limit);

  private:
    struct entry {
        std::chrono::system_clock::time_point time;
        /// The order of reading: two events of one ring may have the same tick.
        std::uint64_t order = 0;
        process_layer::recorded_event event;
    };

    void take_in(const process_layer::flight_recorder& from);

    std::mutex mutex_;
    /// Per ring. `mutex_` guards all members below.
    std::vector<std::uint64_t> read_up_to_;
    std::deque<entry> kept_;  ///< Numbered without a gap up to `next_`.
    std::uint64_t next_ = 1;
};

}  // namespace coppice::observe
