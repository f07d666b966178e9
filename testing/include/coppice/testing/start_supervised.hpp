// SPDX-License-Identifier: Apache-2.0
// Children of a test: each runs under a supervisor that belongs to the process of the test, is restarted as its
// spec says, and is stopped at the end of the test, newest first.
//
//     const pid counter = co_await start_supervised(child<counter>(0).name("hits"));
//     co_await stop_supervised("counter");                // by the id of the spec
//
// The supervisor starts with the first child, and is linked to the process of the test: the end of this process
// stops the children. Restarts have no practical limit. An exploration puts no fault into a start by these
// functions; restarts, and the life of the children, are open to faults.
//
// Threads    Inside a process, which is the test.
// Blocking   Awaited, as long as the start or the stop takes.
// Ownership  The children belong to the supervisor, and the supervisor to the calling process.
// Errors     `assertion_failed` of `start_supervised` and `stop_supervised`; the others give the reason.
// Cost       As `supervisor::start_child` and `terminate_child`.
// Semantics  ExUnit's start_supervised! and stop_supervised!; with try_ in the name, of the forms without
//            the exclamation mark.

#pragma once

#include <source_location>
#include <string>

#include "coppice/supervisor.hpp"
#include "coppice/testing/assertions.hpp"

#pragma GCC visibility push(default)

namespace coppice::testing {

/// Starts a child, and gives its process: empty for a child whose start was ignored. Fails if the start fails.
task<pid> start_supervised(child_spec spec,
                           std::source_location where = std::source_location::current());
/// Starts a child. The result is the one of `supervisor::start_child`.
task<child_result> try_start_supervised(child_spec spec);
/// Stops the child with the id and drops its spec. Fails if there is none.
task<> stop_supervised(std::string id,
                       std::source_location where = std::source_location::current());
/// The same. The error is `not_found`.
task<void_result> try_stop_supervised(std::string id);
/// The supervisor of the calling process. Starts one if there is none.
task<supervisor> test_supervisor();

}  // namespace coppice::testing

#pragma GCC visibility pop
