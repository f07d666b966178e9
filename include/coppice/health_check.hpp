// SPDX-License-Identifier: Apache-2.0
// Readiness and health of children: settings beyond OTP, for a child's spec.
//
//     child<cache>().ready_within(30s)              started once the child calls report_ready()
//     child<cache>().health({.every = 10s})         killed, and so restarted, when it answers no more
//
// A child with `ready_within` counts as started when it calls `report_ready`, which may be long after its
// init: between the two the child already handles messages. The supervisor waits, as for a longer init. The
// children after it in start order are started afterwards, and `start_child` and `restart_child` answer
// afterwards. A child that ends first has failed to start. A child that is not ready in time, init included,
// is killed, and has failed to start with `timeout`. A function, and a child with a start of its own, is ready
// when it has started.
//
// A child with a health check is asked every so often to answer a system message, which every server and
// every supervisor answers between two handlers. After `failures` missed answers in a row the child is killed,
// with a report. The supervisor treats the end as any other crash. A suspended child answers, and so stays. As
// every system message, a check starts the time of `timeout_after` again.
//
// Threads    `report_ready` inside a process.
// Blocking   None.
// Ownership  Plain values.
// Errors     A supervisor refuses wrong settings with `{invalid_health, Field}` or
//            `{invalid_ready_within, Milliseconds}`.
// Cost       A health check is one process for each child, and a system message for each check.

#pragma once

#include "coppice/detail/chrono.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// How a supervisor finds out whether a child still answers. For servers and supervisors: a child that is a
/// function answers no system messages, and would be killed.
struct health_check {
    /// The time from an answer to the next question. Positive.
    time_span every = std::chrono::seconds{10};
    /// The time in which an answer has to come. Positive.
    time_span timeout = std::chrono::seconds{5};
    /// The number of missed answers in a row after which the child is killed. Positive.
    int failures = 1;
};

/// Tells the supervisor that waits for the start of the calling process that the process is ready. Called in
/// init, the end of init makes ready. Without such a wait, and when called again, nothing happens.
void report_ready();

}  // namespace coppice

#pragma GCC visibility pop
