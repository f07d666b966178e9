// SPDX-License-Identifier: Apache-2.0
// What if: what supervisors would do if a process ended now.
//
//     const std::vector<explanation> then = co_await explain(whereis("cache"), "crash");
//     std::cout << to_text(then);
//
// A supervisor answers out of the same plan by which it acts, on a copy, and supposes that every start and
// stop of it goes well. The first explanation is of the process's own supervisor; if that one would give up
// or shut down, the next is of its supervisor, and so on.
//
// Blocking   `explain` asks each supervisor once. One that does not answer within the deadline ends the
//            answer with an explanation that is `busy`; no supervisor waits for anybody.
// Cost       O(children) for each supervisor that is asked.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

enum class planned_kind : std::uint8_t {
    report_child_terminated,
    stop,          ///< A child that runs.
    start,         ///< A child, with the arguments of its spec.
    forget,        ///< The child's spec goes.
    report_limit,  ///< There were more restarts than `max_restarts`.
    shut_down      ///< The supervisor ends with `shutdown`; what it stops then follows.
};
[[nodiscard]] std::string_view to_string(planned_kind kind) noexcept;

struct planned_action {
    planned_kind kind = planned_kind::start;
    std::string child;  ///< Its id; empty for `shut_down`.
    pid process;        ///< The child's now; empty if it does not run.
    bool operator==(const planned_action&) const = default;
};

struct explanation {
    pid process;  ///< Whose end it is about.
    exit_reason why;
    pid supervisor;
    std::string supervisor_name;  ///< Empty if it has none.
    std::string child;            ///< The id of the process there.
    std::string strategy;         ///< "dynamic" for a dynamic supervisor.
    std::vector<planned_action> actions;
    std::int64_t restarts = 0;  ///< In the window that ends now, with those that this end causes.
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    bool restarted = false;   ///< The child is started again.
    bool shuts_down = false;  ///< The supervisor ends.
    bool busy = false;        ///< It did not answer in time: nothing else here is known.
};

/// Empty if the process has ended, or is no child of a supervisor.
[[nodiscard]] task<std::vector<explanation>> explain(pid process, exit_reason why,
                                                     time_span deadline = std::chrono::seconds{1});

/// Sentences for people, a line for each thing that happens.
[[nodiscard]] std::string to_text(const std::vector<explanation>& answer);

}  // namespace coppice

#pragma GCC visibility pop
