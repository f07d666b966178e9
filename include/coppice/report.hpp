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
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/child_types.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "coppice/stuck_process.hpp"

#pragma GCC visibility push(default)

namespace coppice {

enum class report_level : std::uint8_t { debug, info, notice, warning, error, off };
[[nodiscard]] std::string_view to_string(report_level level) noexcept;

/// A process ended by an exception or an abnormal `exit`.
struct crash_report {
    std::string initial_call;
    pid process;
    std::string registered_name;
    std::string child_id;  ///< Of a server in its supervisor; empty in a dynamic one.
    exit_reason why;
    std::vector<std::string> ancestors;  ///< Parent first; of a long line 17 to 32, with the first.
    std::size_t message_queue_len = 0;
    std::vector<pid> links;
    bool trap_exit = false;
    std::string last_message;
    std::string
        state;  ///< A gen_server's, as show.hpp prints it, or what its `format_status` says.
};

/// A gen_server stopped abnormally: what it was doing.
struct server_report {
    std::string name;  ///< Registered name, else the pid.
    std::string last_message;
    std::string state;
    exit_reason why;
    pid client;                    ///< Whose call it was; empty if it was no call.
    std::vector<std::string> log;  ///< What `sys::log` has kept, oldest first.
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

/// An application has started. Level info.
struct application_progress_report {
    std::string application;
};

/// An application does not run any more, or did not start. Level notice.
struct application_exit_report {
    std::string application;
    exit_reason exited;  ///< `stopped` if it was asked to.
    restart_type type = restart_type::temporary;
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
    using body_type =
        std::variant<crash_report, server_report, supervisor_report, progress_report, text_report,
                     stuck_report, application_progress_report, application_exit_report>;
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

using report_handler = callback<void(const report&)>;

namespace detail {
struct report_tap;
}

/// Reads along: what is reported from now on, beside the handler. `take` is asked now and then; what does
/// not fit meanwhile is dropped and counted, and nobody waits for the reader. A level below the runtime's is
/// built for readers only, and not given to the handler.
///
/// Threads    Made by a process for its runtime, or by `runtime::read_reports`; used by one at a time.
/// Cost       Nothing for others while there is none; with one, a copy of each report.
class report_reader {
  public:
    explicit report_reader(report_level level = report_level::notice, std::size_t room = 1000);
    report_reader(report_reader&&) noexcept = default;
    report_reader& operator=(report_reader&& other) noexcept;
    ~report_reader();

    /// What has come since, oldest first.
    [[nodiscard]] std::vector<report> take(std::size_t at_most = SIZE_MAX);
    /// How many did not fit.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    friend class runtime;
    explicit report_reader(std::shared_ptr<detail::report_tap> tap) noexcept
        : tap_{std::move(tap)} {}
    void stop() noexcept;

    std::shared_ptr<detail::report_tap>
        tap_;  ///< Empty if there is no runtime: the caller is dead.
};

/// Reports of the caller's runtime below that level are not built from now on. Returns what it was. Stacks
/// of errors are kept as `runtime_options::capture_stacks` said at the start.
report_level set_report_level(report_level level);

/// Writes a report of the caller's at the given level. Where no process runs, as in a handler of
/// reports, no runtime is known: the line goes to stderr if it is a warning or worse. `runtime::log`
/// is for other threads.
void log(report_level level, std::string text);

}  // namespace coppice

#pragma GCC visibility pop
