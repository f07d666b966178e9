// SPDX-License-Identifier: Apache-2.0
// Where another thread is right now: it is interrupted by a signal and notes its own stack.
//
// The signal is SIGURG, which by default nobody hears. If the program has a handler of its own for
// it, there are no samples. A system call that the thread is in may return early (EINTR).
//
// Threads    Any; one sample at a time.
// Blocking   Until the thread has answered, at most `patience`; one that blocks signals never does.

#pragma once

#include <pthread.h>

#include <chrono>
#include <vector>

namespace coppice::platform {

/// Return addresses, innermost first. Empty if the thread did not answer.
std::vector<void*> sample_stack(pthread_t of, std::chrono::milliseconds patience);

}  // namespace coppice::platform
