// SPDX-License-Identifier: Apache-2.0

#include "coppice/task.hpp"

#include <stdexcept>

namespace coppice::detail {
namespace {

/// Stack space that a thread may use before a transfer counts as deep: a fraction
/// of the smallest stack.
constexpr std::uintptr_t shallow_bytes = std::uintptr_t{256} * 1024;

/// Limit of nested destructions of dropped coroutines. Coroutines beyond the limit wait in a list.
constexpr unsigned nested_max = 64;

struct dropped_coroutines {
    unsigned nested = 0;
    std::coroutine_handle<> waiting;  ///< Head of the list, linked by `awaiting`.
};
constinit thread_local dropped_coroutines dropped_here;

promise_base& promise_of(std::coroutine_handle<> coroutine) noexcept {
    return std::coroutine_handle<promise_base>::from_address(coroutine.address()).promise();
}

}  // namespace

constinit thread_local std::uintptr_t stack_floor = 0;
constinit thread_local frame_bounds newest_frame;

void begin_stack_here() noexcept {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    stack_floor = here > shallow_bytes ? here - shallow_bytes : 0;
}

void refuse_empty_task() {
    throw std::logic_error{
        "co_await of an empty task: a task may be awaited only once, and a moved-from or "
        "default-constructed task is empty"};
}

void refuse_shifted_frame() {
    throw std::logic_error{
        "this coroutine has co_await in the condition of an if, while, do, for or switch, which "
        "g++ "
        "12 miscompiles: give the value a name before the condition, or build with clang; "
        "docs/guide/gcc-12.md"};
}

// A task may hold another task as an argument, and so on: the destructors would nest without limit.
// Coroutines dropped at depth `nested_max` wait until the outermost destruction has returned.
void release(std::coroutine_handle<> dropped) noexcept {
    dropped_coroutines& here = dropped_here;
    if (here.nested >= nested_max) {
        promise_of(dropped).awaiting = std::exchange(here.waiting, dropped);
        return;
    }
    ++here.nested;
    dropped.destroy();
    --here.nested;
    while (here.nested == 0 && here.waiting) {
        const std::coroutine_handle<> next = here.waiting;
        here.waiting = promise_of(next).awaiting;
        release(next);
    }
}

void release_chain(std::coroutine_handle<> innermost, std::coroutine_handle<> outermost) noexcept {
    while (innermost && innermost != outermost) {
        promise_base& promise = promise_of(innermost);
        const std::coroutine_handle<> next = promise.awaiting;
        if (promise.owner != nullptr) {
            *promise.owner = {};  // lies in the frame of `next`, which must not destroy twice
        }
        innermost.destroy();
        innermost = next;
    }
}

}  // namespace coppice::detail
