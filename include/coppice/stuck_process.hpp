// SPDX-License-Identifier: Apache-2.0
// A process whose handler neither returns nor waits (watchdog).
//
// C++ cannot stop a thread in the middle of a function, so a stuck handler keeps its scheduler thread
// until the handler returns. Other processes are not delayed: a spare scheduler thread takes over the work
// of the blocked thread. Exit signals take effect as for any other process. If one is fatal, links and
// monitors are notified, the name is free and a supervisor restarts the process, while the old handler
// still runs. Messages sent by the old handler are dropped, its spawns have no effect, and the state of the
// process is destroyed when the handler returns.
//
// Threads    A value.
// Blocking   None.
// Ownership  Plain value: owns its texts, keeps no process alive.
// Errors     None, except std::bad_alloc.
// Cost       A copy copies three texts.
// Today      The line of `to_string` is for people and may change.

#pragma once

#include <string>

#include "coppice/detail/chrono.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A process that the watchdog has found in a turn longer than `runtime_options::stuck_after`.
struct stuck_process {
    pid process;                  ///< The stuck process.
    std::string registered_name;  ///< At the time of the detection.
    std::string initial_call;     ///< The type of the function or server that the process runs.
    std::string message;          ///< The type of the message in the handler; empty if none.
    /// The length of the turn, until now or until its end.
    std::chrono::nanoseconds running_for{0};
    /// An exit signal has ended the process; only its handler is left.
    bool has_ended = false;
};
/// One line: pid, name, class, message and time.
[[nodiscard]] std::string to_string(const stuck_process& p);

}  // namespace coppice

#pragma GCC visibility pop
