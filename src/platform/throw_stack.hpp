// SPDX-License-Identifier: Apache-2.0
// Where an exception was thrown. The stack is gone by the time it is caught, so the throw itself is
// watched, through the ABI's entry point for it.
//
// Threads    Each has its own switch and remembers its own last throw.
// Cost       Nothing while the switch is off; while it is on about 0.1 us per frame and throw.

#pragma once

#include <exception>
#include <string>
#include <vector>

namespace coppice::platform {

/// What this thread watches, and the exception of the last throw that it watched.
struct throw_watch {
    bool is_on = false;
    const void* last = nullptr;
};
extern constinit thread_local throw_watch throws_here;

/// Forgets the last throw: a later exception may lie where that one was.
inline void watch_throws(bool on) noexcept {
    throws_here = {.is_on = on};
}
/// Called at every throw, with the exception object and the address that the throw would return to.
void on_throw(const void* object, const void* thrower) noexcept;

/// The stack of the throw of `error`, if it was this thread's last watched one; otherwise empty.
std::vector<void*> stack_of(const std::exception_ptr& error);

/// A function to which that error goes on, remembered if it was this thread's last watched one.
void add_waiting(const std::exception_ptr& error, void* function) noexcept;
/// Those that were added, the first first.
std::vector<void*> waiting_of(const std::exception_ptr& error);

/// A line for each address: function, file and line as far as the program's symbols
/// tell, else module and offset, for addr2line.
std::vector<std::string> symbolise(const std::vector<void*>& stack);
/// The same without the functions that begin a thread.
std::vector<std::string> symbolise_calls(std::vector<void*> stack);

}  // namespace coppice::platform
