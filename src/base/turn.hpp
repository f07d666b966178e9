// SPDX-License-Identifier: Apache-2.0
// For whom the code of the user's that runs on this thread acts:
//
//     whose        that is
//     a process    code that runs in its turn
//     nobody       what the runtime destroys or calls where no turn is taken: a message that nobody
//                  gets, a handler of reports. What it asks of the runtime is dropped
//     (neither)    a thread of the program's own
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

/// Messages that came into mailboxes on this thread.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local std::uint64_t messages_here;

/// For functions that are inlined into no coroutine.
extern constinit thread_local turn this_turn;
turn& turn_here() noexcept;

/// The process that runs on this thread; null outside.
process* current_process() noexcept;
/// Whether the code that runs on this thread acts for nobody.
bool acts_for_nobody() noexcept;

/// While it lives, code of the user's that runs on this thread acts for nobody. Wherever the runtime
/// runs or destroys what is the user's outside of a turn, there is one; each thread of the runtime's
/// own begins with one.
class [[gnu::visibility("default")]] for_nobody {
  public:
    for_nobody() noexcept;
    for_nobody(const for_nobody&) = delete;
    for_nobody& operator=(const for_nobody&) = delete;
    ~for_nobody();

  private:
    const turn outer_;
};

/// Likewise, but within a turn it changes nothing: for what a thread of the program's own and a
/// process may both do.
class for_nobody_outside {
  public:
    for_nobody_outside() noexcept;
    for_nobody_outside(const for_nobody_outside&) = delete;
    for_nobody_outside& operator=(const for_nobody_outside&) = delete;
    ~for_nobody_outside();

  private:
    const bool outside_;
};

}  // namespace coppice::detail
