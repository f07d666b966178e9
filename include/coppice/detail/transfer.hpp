// SPDX-License-Identifier: Apache-2.0
// Symmetric transfer: one coroutine resumes the next without using up the stack.
//
// `await_suspend` returns the coroutine to resume. clang compiles the transfer to a jump at every
// optimisation level. g++ compiles the transfer to a call below -O2, so a loop of tasks would overflow
// the stack. With g++, a transfer deep in the stack is therefore postponed: the turn of the process
// resumes the coroutine.

#pragma once

#include <coroutine>
#include <cstdint>

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The stack of the current thread counts as deep below this address. 0: not set.
extern constinit thread_local std::uintptr_t stack_floor;
/// Sets `stack_floor` for the current thread. Precondition: the stack is shallow. Not checked:
/// the depth of a stack is measured from here.
void begin_stack_here() noexcept;
/// Makes the process of this thread resume `next` once the running coroutines have returned to the turn.
std::coroutine_handle<> resume_from_turn(std::coroutine_handle<> next) noexcept;

[[gnu::always_inline]] inline std::coroutine_handle<> transfer_to(
    std::coroutine_handle<> next) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
    // Not the frame's address: reading the frame address would cost every coroutine a frame pointer.
    const char here = 0;
    if (reinterpret_cast<std::uintptr_t>(&here) < stack_floor) [[unlikely]] {
        return resume_from_turn(next);
    }
#endif
    return next;
}

}  // namespace coppice::detail

#pragma GCC visibility pop
