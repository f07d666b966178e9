// SPDX-License-Identifier: Apache-2.0
// From one coroutine to the next without using up the stack.
//
// `await_suspend` answers with the coroutine that goes on. clang makes that a jump at every level of
// optimisation; g++ makes it a call below -O2, which a loop of tasks repeats until the stack is full.
// So with g++ whoever goes on deep in the stack does so from the turn of its process instead.

#pragma once

#include <coroutine>
#include <cstdint>

#pragma GCC visibility push(default)

namespace coppice::detail {

/// Below this address the stack of the present thread is deep. 0: nobody has said.
extern constinit thread_local std::uintptr_t stack_floor;
/// Says so for the present thread, whose stack is shallow now.
void begin_stack_here() noexcept;
/// Lets the process of this thread go on with `next` when its coroutines have returned to its turn.
std::coroutine_handle<> resume_from_turn(std::coroutine_handle<> next) noexcept;

[[gnu::always_inline]] inline std::coroutine_handle<> transfer_to(
    std::coroutine_handle<> next) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
    // Not the frame's address: to have it would cost every coroutine a frame pointer.
    const char here = 0;
    if (reinterpret_cast<std::uintptr_t>(&here) < stack_floor) [[unlikely]] {
        return resume_from_turn(next);
    }
#endif
    return next;
}

}  // namespace coppice::detail

#pragma GCC visibility pop
