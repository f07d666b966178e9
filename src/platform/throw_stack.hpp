// SPDX-License-Identifier: Apache-2.0
// Where an exception was thrown. The stack is gone by the time of the catch, so the throw itself is
// watched, through the entry point of the ABI for throws.
//
// Threads    Each thread has a switch and a record of the last throw. A scheduler thread keeps the switch of its last
//            turn, so a throw between turns is recorded too.
// Cost       Nothing while the switch is off; about 0.1 us per frame and throw while on.

#pragma once

#include <exception>
#include <string>
#include <vector>

namespace coppice::platform {

/// The switch of a thread, and the exception object of the last watched throw.
struct throw_watch {
    bool is_on = false;
    const void* last = nullptr;
};
[[gnu::tls_model("initial-exec")]] extern constinit thread_local throw_watch throws_here;

/// Turns the switch on or off and forgets the last throw: a later exception may
/// have the same address.
inline void watch_throws(bool on) noexcept {
    throws_here = {.is_on = on};
}
/// Called at every throw, with the exception object and the return address of the throw.
void on_throw(const void* object, const void* thrower) noexcept;

/// The stack of the throw of `error`, if that throw was the last watched on
/// this thread; otherwise empty.
std::vector<void*> stack_of(const std::exception_ptr& error);

/// Notes a function to which `error` propagates, if its throw was the last watched on this thread.
void add_waiting(const std::exception_ptr& error, void* function) noexcept;
/// The noted functions, in the order of `add_waiting`.
std::vector<void*> waiting_of(const std::exception_ptr& error);

/// A line for each address: function, file and line as far as the symbols of the program tell,
/// otherwise module and offset for addr2line.
std::vector<std::string> symbolise(const std::vector<void*>& stack);
/// As `symbolise`, but without null addresses and without the functions that begin a thread.
std::vector<std::string> symbolise_calls(std::vector<void*> stack);

}  // namespace coppice::platform
