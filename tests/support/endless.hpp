// SPDX-License-Identifier: Apache-2.0
// Functions for asynchronous tasks that run until a test sends `go`.

#pragma once

#include <string>

#include "coppice/tasks.hpp"
#include "support/servers.hpp"

namespace coppice::test {

/// For the functions below: go on.
struct go {};

inline int twice(int n) {
    return 2 * n;
}
inline task<int> late(std::chrono::nanoseconds time, int n) {
    co_await sleep(time);
    co_return n;
}
inline task<int> endless() {
    co_await receive<go>();
    co_return 0;
}
/// Tells the test when exits are trapped.
inline task<int> stubborn(pid owner) {
    trap_exit(true);
    send(owner, word{"traps"});
    co_await receive<go>();
    co_return 0;
}

/// Lets an `endless` task go on, and gives the reason of its end.
inline task<exit_reason> end_of_released(pid who) {
    const ref watching = monitor(who);
    send(who, go{});
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message& m) { return m.why; }));
    co_return co_await waiting;
}

}  // namespace coppice::test
