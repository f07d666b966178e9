// SPDX-License-Identifier: Apache-2.0
// On whose behalf user code runs on this thread:
//
//     on behalf of        user code
//     a process           runs in a turn of the process
//     `without_caller`    is called or destroyed by the runtime outside of a turn: a message without a
//                         receiver, a handler of reports. Requests to the runtime are dropped
//     (neither)           runs on a thread of the program
//
// Every function here is called and never inlined: a coroutine may resume on another thread after a
// suspension, so no code may keep the address of the thread_local across a suspension.

#pragma once

#include <cstdint>

namespace coppice::detail {
class process;
}

namespace coppice::base {

struct turn {
    detail::process* whose = nullptr;
    std::uint64_t ends_at = 0;  ///< Reductions of the process at which the turn ends.
    static constexpr std::uint32_t nobody = UINT32_MAX;
    /// The slot of the receiver of the last toll, see process/backlog.cpp.
    std::uint32_t overwhelms = nobody;
    /// The slot of the last receiver with a full mailbox for which the process has to wait.
    std::uint32_t waits_for = nobody;
};

/// The turn of a thread under `without_caller`: a turn of no process with an end that no turn reaches. Both fields
/// are read anyway, so the mark costs no further field.
inline constexpr turn no_turn{.ends_at = UINT64_MAX};

/// Number of messages taken into mailboxes on this thread.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local std::uint64_t messages_here;

/// Only for functions that are inlined into no coroutine.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local turn this_turn;
turn& turn_here() noexcept;
/// After a turn the thread acts for no process. `run_turn` sets the other fields.
[[gnu::always_inline]] inline void leave_turn() noexcept {
    this_turn.whose = no_turn.whose;
    this_turn.ends_at = no_turn.ends_at;
}

/// The process whose turn runs on this thread; null outside of a turn.
detail::process* current_process() noexcept;
/// Whether code on this thread runs under `without_caller`.
bool acts_without_caller() noexcept;

/// While an instance lives, user code on this thread runs on behalf of no process. The runtime
/// makes an instance wherever user code runs or user objects are destroyed outside of a turn; each
/// thread of the runtime begins with one.
class [[gnu::visibility("default")]] without_caller {
  public:
    without_caller() noexcept;
    without_caller(const without_caller&) = delete;
    without_caller& operator=(const without_caller&) = delete;
    ~without_caller();

  private:
    const turn outer_;
};

/// As `without_caller`, but without effect within a turn: for operations of both processes and
/// threads of the program.
class without_caller_outside {
  public:
    without_caller_outside() noexcept;
    without_caller_outside(const without_caller_outside&) = delete;
    without_caller_outside& operator=(const without_caller_outside&) = delete;
    ~without_caller_outside();

  private:
    const bool outside_;
};

}  // namespace coppice::base
