// SPDX-License-Identifier: Apache-2.0
// The turn that is taken on this thread.
//
// Every function here is called and never inlined: a coroutine may go on on another thread after it
// waited, so nobody may keep the address of the thread_local across a suspension.

#pragma once

#include <cstdint>

namespace coppice::detail {

class process;

struct turn {
    process* whose = nullptr;
    std::uint64_t ends_at = 0;      ///< When the process has had so many reductions.
    process* overwhelms = nullptr;  ///< To whom it last paid a toll, see process_toll.cpp.
};

turn& turn_here() noexcept;

/// The process that runs on this thread; null outside.
process* current_process() noexcept;

/// While it lives no turn is taken on this thread, and afterwards the one that was.
class outside_any_turn {
  public:
    outside_any_turn() noexcept;
    outside_any_turn(const outside_any_turn&) = delete;
    outside_any_turn& operator=(const outside_any_turn&) = delete;
    ~outside_any_turn();

  private:
    const turn outer_;
};

}  // namespace coppice::detail
