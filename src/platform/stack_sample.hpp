// SPDX-License-Identifier: Apache-2.0
// Where another thread is right now: a signal interrupts the thread, and the
// handler notes the stack.
//
// The signal is SIGURG, which is ignored by default. If the program has a handler for SIGURG, there
// are no samples. An interrupted system call may return early, with EINTR, to code that does not
// expect EINTR. So only a thread that computes is interrupted: a thread that was running at two
// looks, `look_apart` from each other, has had a processor and has not slept in between. Of a
// thread in a system call only the place of the call is returned, as far as the system shows the
// place. The remaining race: a computing thread begins a system call in the microsecond between the
// second look and the signal.
//
// Threads    Any; one sample at a time.
// Blocking   For one to eight looks, then until the thread has answered, at most `patience`,
//            by a steady clock.

#pragma once

#include <chrono>
#include <vector>

#include "platform/thread_sight.hpp"

namespace coppice::platform {

/// Time between two looks at a thread that may be computing.
inline constexpr std::chrono::milliseconds look_apart{4};

/// Return addresses, innermost first. Empty if nothing is known. One address if the thread is
/// in a system call.
std::vector<void*> sample_stack(thread_number of, std::chrono::milliseconds patience);

}  // namespace coppice::platform
