// SPDX-License-Identifier: Apache-2.0
// Where another thread is right now: it is interrupted by a signal and notes its own stack.
//
// The signal is SIGURG, which by default nobody hears. If the program has a handler of its own for
// it, there are no samples. A system call that is interrupted may return early, with EINTR, to code
// that is not made for that. So only a thread that computes is interrupted: one that was running at
// two looks, `look_apart` from each other, has had a processor and has not slept in between. Of one
// that is in a system call the place of that call is all that is told, as far as the system shows
// it. What remains: a thread that has computed for so long and begins a system call in the
// microsecond between the second look and the signal.
//
// Threads    Any; one sample at a time.
// Blocking   For one to eight looks, then until the thread has answered, at most `patience`. By a
//            clock that nobody sets.

#pragma once

#include <chrono>
#include <vector>

#include "platform/thread_sight.hpp"

namespace coppice::platform {

/// Between two looks at a thread that may be computing.
inline constexpr std::chrono::milliseconds look_apart{4};

/// Return addresses, innermost first. Empty if nothing is known; one address if the thread is in a
/// system call.
std::vector<void*> sample_stack(thread_number of, std::chrono::milliseconds patience);

}  // namespace coppice::platform
