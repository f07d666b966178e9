// SPDX-License-Identifier: Apache-2.0
// A process whose handler neither returns nor waits.
//
// C++ cannot stop a thread in the middle of a function, so such a handler keeps its thread until it
// returns. Nobody else waits for it: a spare worker takes over what its worker had to do, and exit
// signals take effect as on any other process. If one is fatal, links and monitors hear of it, the
// name is free and a supervisor restarts the process, while the old handler goes on alone: nothing
// that it sends arrives, it starts no processes, and its state is destroyed when it returns.

#pragma once

#include <chrono>
#include <string>

#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

struct stuck_process {
    pid process;
    std::string registered_name;  ///< As it was when it was noticed.
    std::string initial_call;
    std::string message;  ///< The type of what it has been handling; empty if nothing.
    std::chrono::nanoseconds running_for{0};
    bool has_ended = false;  ///< An exit signal has ended it; only its handler is left.
};
[[nodiscard]] std::string to_string(const stuck_process& p);

}  // namespace coppice

#pragma GCC visibility pop
