// SPDX-License-Identifier: Apache-2.0

#include "coppice/task.hpp"

#include <stdexcept>

namespace coppice::detail {
namespace {

/// What a thread may use of its stack before a transfer counts as deep: a part of the smallest one.
constexpr std::uintptr_t shallow_bytes = std::uintptr_t{256} * 1024;

/// How many dropped coroutines may hold one another before the rest has to wait.
constexpr unsigned nested_max = 64;

struct dropped_coroutines {
    unsigned nested = 0;
    std::coroutine_handle<> waiting;  ///< The last one; each knows the next by `awaiting`.
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
        "co_await of an empty task: a task is awaited once, and one that was moved from, or made "
        "by its default constructor, has nothing to run"};
}

void refuse_shifted_frame() {
    throw std::logic_error{
        "this coroutine has co_await in the condition of an if, while, do, for or switch, which "
        "g++ "
        "12 miscompiles: give the value a name before the condition, or build with clang; "
        "docs/guide/gcc-12.md"};
}

// A task may hold another as an argument, and that the next: they would be destroyed one within the
// other. Those deep down wait until the stack is back at the first.
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
            *promise.owner = {};  // in the frame of the next one, which must not destroy it again
        }
        innermost.destroy();
        innermost = next;
    }
}

}  // namespace coppice::detail
