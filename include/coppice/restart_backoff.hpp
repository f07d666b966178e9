// SPDX-License-Identifier: Apache-2.0
// Back-off and budgets of restarts: settings beyond OTP, for a supervisor's flags and for a child's spec.
//
//     child<feed>().backoff({.first = 1s})                             1 s, 2 s, 4 s, … up to 1 min
//     child<feed>().budget({.max_restarts = 20, .max_seconds = 1min})  a limit for this child alone
//     supervisor::start_link(kids, {.backoff = {.first = 100ms}})      for each child without its own
//
// Without these settings a supervisor restarts at once, as OTP does.
//
// A delay comes before each restart, and before each retry of a restart whose start failed. Meanwhile the
// child has the status `restarting`, and the supervisor serves requests. A restart counts when it is carried
// out, after the delay. With `one_for_all` and `rest_for_one` the group of the child is stopped at once, and
// waits with the child:
//
//     event during the wait          effect
//     the delay is over              the child is restarted, with its group; one restart is counted
//     restart_child                  the same at once; no restart is counted
//     terminate_child                the wait ends; the child and its group stay stopped
//     another child of the group     joins the wait, if it has to be restarted
//       ends
//     a child before the group ends  a group of its own, which includes this group
//     delete_child                   is refused with `restarting`
//     the supervisor stops           the wait ends
//
// Threads    Values.
// Blocking   None.
// Ownership  Plain values.
// Errors     A supervisor refuses wrong settings with `{invalid_backoff, Field}` and `{invalid_budget, Field}`.
// Cost       A child with such settings needs one more block of memory; a child without needs none.

#pragma once

#include "coppice/detail/chrono.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The delays before restarts: `first`, and then each time the delay before times `factor`.
struct restart_backoff {
    /// The delay after the first failure. Not negative. Zero: no back-off.
    time_span first = std::chrono::nanoseconds{0};
    /// The growth from one delay to the next. At least 1.
    double factor = 2;
    /// The longest delay. Not shorter than `first`.
    time_span maximum = std::chrono::minutes{1};
    /// The part of a delay that is left to chance, from 0 to 1: with 0.2 a delay of 10 s lasts 8 s to 10 s.
    double jitter = 0;
    /// A child that has run for this time is healthy: its next delay is `first` again. Not negative. Zero:
    /// each successful start makes healthy, and only failed starts lengthen the delay.
    time_span reset_after = std::chrono::minutes{1};

    /// Whether there are delays at all.
    constexpr bool is_on() const noexcept { return first.count() != 0; }
};

/// A limit on the restarts of one child. The restarts that this child causes count towards this limit and no
/// longer towards `max_restarts` of the supervisor. One restart too many ends the supervisor, as at the
/// supervisor's own limit. `restart_child` counts towards neither.
struct restart_budget {
    /// The most restarts within `max_seconds`. Not negative.
    int max_restarts = 3;
    /// The window in which restarts are counted, in whole seconds. Positive.
    basic_time_span<std::chrono::seconds> max_seconds = std::chrono::seconds{5};
};

}  // namespace coppice

#pragma GCC visibility pop
