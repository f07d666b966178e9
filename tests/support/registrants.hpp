// SPDX-License-Identifier: Apache-2.0
// Processes with entries in registries, and registries of both sizes.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "coppice/registry.hpp"
#include "support/worlds.hpp"

namespace coppice::test {

struct registrant_is_ready {};
/// Ends a registrant.
struct leave_registry {};

/// Starts a process that runs `act()` and lives on until `leave_registry`. Waits until `act` has run.
template <class Act>
task<pid> registrant(Act act) {
    const pid parent = self();
    const pid who = spawn([act, parent]() -> task<> {
        act();
        send(parent, registrant_is_ready{});
        co_await receive<leave_registry>();
    });
    co_await receive<registrant_is_ready>();
    co_return who;
}

/// Kills a process and waits for its end.
inline task<> killed(pid who) {
    exit(who, reason::kill);
    co_await end_of(who);
}

/// The pids of entries.
template <class Entries>
std::vector<pid> processes_of(const Entries& entries) {
    std::vector<pid> out;
    for (const auto& each : entries) {
        out.push_back(each.process);
    }
    return out;
}

/// Runs `body(options)` for a registry "r" with 1 and with 8 partitions, in every kind of runtime. `body` starts the
/// registry, which ends with the process of the body.
template <class Body>
void run_with_partitions(registry_keys keys, Body body) {
    run_everywhere([keys, body]() -> task<> {
        for (const unsigned partitions : {1U, 8U}) {
            const pid runner = spawn([keys, body, partitions]() -> task<> {
                registry_options options = registry_options{"r", keys}.partitions(partitions);
                co_await body(std::move(options));
            });
            const exit_reason why = co_await end_of(runner);
            EXPECT_TRUE(why == reason::normal || why == reason::noproc) << to_string(why);
            if (const pid left = whereis("r")) {
                co_await end_of(left);  // has heard of the end of its parent
            }
        }
    });
}

}  // namespace coppice::test
