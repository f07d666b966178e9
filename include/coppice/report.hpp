// SPDX-License-Identifier: Apache-2.0
// Reports: what the runtime tells about crashes, restarts and starts, as values.
//
// A handler is given to the runtime (`runtime_options::on_report`). The default one prints to
// stderr.
//
// Threads    Handlers run on a thread of their own, one report at a time; in a simulation, on its
//            thread.
//            A handler is no process: what it asks of the functions for processes is dropped. It
//            may use the members of `runtime`.
// Blocking   A handler may block: reports wait in a bounded queue, and those that do not fit are
//            counted and dropped. What a handler throws is swallowed and counted.
// Cost       Nothing is built for a level that is off.
// Semantics  Names, fields and levels are those of OTP's reports.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "coppice/stuck_process.hpp"

#pragma GCC visibility push(default)

namespace coppice {

enum class report_level : std::uint8_t { debug, info, warning, error, off };
[[nodiscard]] std::string_view to_string(report_level level) noexcept;

/// A process ended by an exception or an abnormal `exit`.
struct crash_report {
    std::string initial_call;
    pid process;
    std::string registered_name;
    exit_reason why;
    std::vector<std::string> ancestors;  ///< Parent first; of a long line the nearest 16 to 32.
    std::size_t message_queue_len = 0;
    std::vector<pid> links;
    bool trap_exit = false;
    std::string last_message;
    std::string state;  ///< Empty unless the state has a `to_string`.
};

/// A gen_server stopped abnormally: what it was doing.
struct server_report {
    std::string name;  ///< Registered name, else the pid.
    std::string last_message;
    std::string state;
    exit_reason why;
    pid client;  ///< Whose call it was; empty if it was no call.
};

enum class supervisor_context : std::uint8_t {
    start_error,
    child_terminated,
    shutdown_error,
    shutdown,
};
[[nodiscard]] std::string_view to_string(supervisor_context context) noexcept;

/// The child that a supervisor's report is about.
struct child_summary {
    pid process;
    std::string id;
    std::string start;
    restart_type restart = restart_type::permanent;
    bool significant = false;
    shutdown_limit shutdown = infinity;
    child_type type = child_type::worker;
};

struct supervisor_report {
    std::string supervisor;  ///< Registered name, else pid and class.
    supervisor_context context = supervisor_context::child_terminated;
    exit_reason why;
    child_summary offender;
};

struct progress_report {
    std::string supervisor;
    child_summary started;
};

/// A handler neither returned nor waited for `runtime_options::stuck_after`. Reported when that is
/// noticed and, with `returned`, when it is over.
struct stuck_report {
    stuck_process stuck;
    bool returned = false;
    std::vector<void*> stack;  ///< Where it was, innermost first. May be empty.
};

struct text_report {
    std::string text;
};

struct report {
    using body_type = std::variant<crash_report, server_report, supervisor_report, progress_report,
                                   text_report, stuck_report>;
    report_level level = report_level::error;
    std::chrono::system_clock::time_point time;
    pid process;  ///< Who reports.
    body_type body;
};

/// Where the error was thrown, a line a frame, innermost first; empty for a reason that is no
/// error. Reads debug information the first time, which takes a while: for handlers, not for
/// processes.
[[nodiscard]] std::vector<std::string> symbolised_stack(const exit_reason& why);
/// The coroutines that awaited the one that threw, innermost first.
[[nodiscard]] std::vector<std::string> symbolised_waiting(const exit_reason& why);
/// Likewise, where the handler was when it was noticed.
[[nodiscard]] std::vector<std::string> symbolised_stack(const stuck_report& r);

/// Several lines for people, without the time and the level. Whatever is not Coppice's own is shown
/// as printable.hpp says, on one line.
[[nodiscard]] std::string to_string(const report& r);
/// One or more whole lines, with time and level, ending in a newline.
[[nodiscard]] std::string format_line(const report& r);

using report_handler = std::function<void(const report&)>;

/// Writes a report of the caller's at the given level. Where no process runs, as in a handler of
/// reports, no runtime is known: the line goes to stderr if it is a warning or worse. `runtime::log`
/// is for other threads.
void log(report_level level, std::string text);

}  // namespace coppice

#pragma GCC visibility pop
