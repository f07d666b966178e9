// SPDX-License-Identifier: Apache-2.0
// Predicts the reaction of the supervisors to the end of a process.
//
//     const std::vector<explanation> then = co_await explain(whereis("cache"), "crash");
//     std::cout << to_text(then);
//
// A supervisor answers from a copy of the plan by which it acts, under the assumption that every start and
// stop succeeds. The first explanation is of the process's own supervisor. If that supervisor would give up
// or shut down, the next explanation is of the supervisor above, and so on.
//
// Threads    Inside a process. `to_text` anywhere.
// Blocking   `explain` asks each supervisor once. If one does not answer within the deadline, the last
//            explanation is `busy`. Supervisors never wait for one another.
// Ownership  The answers are copies, and keep no process alive.
// Errors     No answer in time is a value, `explanation::busy`.
// Cost       O(children) for each supervisor asked.
// Today      The sentences of `to_text` are for people and may change.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A step of a supervisor after the end of a child.
enum class planned_kind : std::uint8_t {
    report_child_terminated,  ///< Makes a report of level error.
    stop,                     ///< A running child.
    start,                    ///< A child, with the arguments of its spec.
    forget,                   ///< Drops the child's spec.
    report_limit,             ///< More restarts than `max_restarts`.
    /// The supervisor ends with `shutdown`; the stops of its children follow.
    shut_down,
    wait,  ///< A back-off delays the restart of the child.
};
/// A verb for a sentence: "stops", "starts", "shuts down".
[[nodiscard]] std::string_view to_string(planned_kind kind) noexcept;

/// One step of a supervisor.
struct planned_action {
    planned_kind kind = planned_kind::start;  ///< What the supervisor does.
    std::string child;                        ///< The child's id; empty for `shut_down`.
    pid process;  ///< The child's process now; empty if the child does not run.
    /// Equal in all fields.
    bool operator==(const planned_action&) const = default;
};

/// The plan of one supervisor for the case that `process` ends with `why`.
struct explanation {
    pid process;      ///< The process that would end.
    exit_reason why;  ///< The assumed reason; `shutdown` for a supervisor that would end.
    pid supervisor;   ///< Empty only if the process itself did not answer in time.
    std::string supervisor_name;  ///< Empty if the supervisor has no name.
    std::string child;            ///< The id of the process in this supervisor.
    std::string strategy;         ///< "dynamic" for a dynamic supervisor.
    /// In the order in which the supervisor would act. Empty: the supervisor would do nothing.
    std::vector<planned_action> actions;
    /// In the window that ends now, including the restarts that this end causes.
    std::int64_t restarts = 0;
    std::int64_t max_restarts = 0;        ///< The limit on `restarts` within `max_seconds`.
    std::chrono::seconds max_seconds{0};  ///< The window of `max_restarts`.
    bool restarted = false;               ///< The child is started again.
    bool shuts_down = false;              ///< The supervisor ends.
    /// No answer in time: the fields of the supervisor's plan are unknown.
    bool busy = false;
};

/// Asks the chain of supervisors, beginning with the supervisor of `process`. Ends nothing. The deadline is
/// for all answers together. Empty if the process has ended, or is no child of a supervisor.
[[nodiscard]] task<std::vector<explanation>> explain(pid process, exit_reason why,
                                                     time_span deadline = std::chrono::seconds{1});

/// Sentences in English, one line for each action.
[[nodiscard]] std::string to_text(const std::vector<explanation>& answer);

}  // namespace coppice

#pragma GCC visibility pop
