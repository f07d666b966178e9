// SPDX-License-Identifier: Apache-2.0
// Merges what the flight recorder's rings have into one list, when somebody asks: the next numbers go to what
// has come since, in the order of its times. So a number, once given, stays, and nobody is told less or more
// than once.
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
        std::uint64_t order = 0;  ///< In which it was read: two of one ring may be of one tick.
        detail::recorded_event event;
    };

    void take_in(const detail::flight_recorder& from);

    std::mutex mutex_;
    std::vector<std::uint64_t> read_up_to_;  ///< Of each ring. Guarded by mutex_, as what follows.
    std::deque<entry> kept_;                 ///< Numbered without a gap up to `next_`.
    std::uint64_t next_ = 1;
};

}  // namespace coppice::observe
