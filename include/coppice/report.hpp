// SPDX-License-Identifier: Apache-2.0
// Reports: crashes, restarts and starts in a runtime, as values.
//
// Each runtime has one report handler (`runtime_options::on_report`). The default handler prints to stderr.
//
// Threads    The handler runs on a separate thread, one report at a time; in a simulation, on the thread of
//            the simulation. The handler is not a process: calls of the functions for processes have no
//            effect. The handler may use the members of `runtime`.
// Blocking   The handler may block. Reports wait in a bounded queue; a report that does not fit is counted
//            and dropped. An exception from the handler is swallowed and counted.
// Cost       A report whose level is off is not built.
// Semantics  Names, fields and levels as in OTP's reports.

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
    std::string child_id;  ///< The id of a supervised server; empty under a dynamic supervisor.
    exit_reason why;
    /// Parent first. A longer ancestry is cut to 17 to 32 entries; the oldest ancestor is kept.
    std::vector<std::string> ancestors;
    std::size_t message_queue_len = 0;
    std::vector<pid> links;
    bool trap_exit = false;
    std::string last_message;
    /// The state of a gen_server: the result of `format_status`, or else the state as printed by show.hpp.
    std::string state;
};

/// A gen_server stopped abnormally, with the message that the server was handling.
struct server_report {
    std::string name;  ///< The registered name, else the pid.
    std::string last_message;
    std::string state;
    exit_reason why;
    pid client;                    ///< The caller, if the last message was a call; else empty.
    std::vector<std::string> log;  ///< The events kept by `sys::log`, oldest first.
};

enum class supervisor_context : std::uint8_t {
    start_error,
    child_terminated,
    shutdown_error,
    shutdown,
};
[[nodiscard]] std::string_view to_string(supervisor_context context) noexcept;

/// The child that a report of a supervisor is about.
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
    std::string supervisor;  ///< The registered name, else pid and class.
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

/// An application has ended, or failed to start. Level notice.
struct application_exit_report {
    std::string application;
    exit_reason exited;  ///< `stopped` if the application was asked to stop.
    restart_type type = restart_type::temporary;
};

/// A handler neither returned nor waited for `runtime_options::stuck_after`. Reported when the watchdog
/// notices, and again with `returned` set when the handler has returned.
struct stuck_report {
    stuck_process stuck;
    bool returned = false;
    std::vector<void*> stack;  ///< The stack of the handler, innermost first. May be empty.
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
    pid process;  ///< The process that reports.
    body_type body;
};

/// The stack where the error was thrown, one line for each frame, innermost first. Empty if the reason is not
/// an error. The first call reads debug information and is slow: for report handlers, not for processes.
[[nodiscard]] std::vector<std::string> symbolised_stack(const exit_reason& why);
/// The chain of coroutines that awaited the throwing coroutine, innermost first.
[[nodiscard]] std::vector<std::string> symbolised_waiting(const exit_reason& why);
/// The stack of the stuck handler at the time of the report, in the same form.
[[nodiscard]] std::vector<std::string> symbolised_stack(const stuck_report& r);

/// Several lines for human readers, without time and level. Each text from outside of Coppice is made
/// printable (see printable.hpp) and takes one line.
[[nodiscard]] std::string to_string(const report& r);
/// One or more whole lines, with time and level, ending in a newline.
[[nodiscard]] std::string format_line(const report& r);

using report_handler = callback<void(const report&)>;

namespace detail {
struct report_tap;
}

/// Reads reports in addition to the handler, from the construction of the reader on. The owner polls `take`.
/// Reports that do not fit into the reader's queue are dropped and counted; no reporting process waits for a
/// reader. Reports below the runtime's level are built for readers only and not passed to the handler.
///
/// Threads    Constructed by a process for its own runtime, or by `runtime::read_reports`. One thread at a
///            time uses a reader.
/// Cost       None without a reader. With readers, one copy of each report for each reader.
class report_reader {
  public:
    explicit report_reader(report_level level = report_level::notice, std::size_t room = 1000);
    report_reader(report_reader&&) noexcept = default;
    report_reader& operator=(report_reader&& other) noexcept;
    ~report_reader();

    /// Removes and returns the queued reports, oldest first.
    [[nodiscard]] std::vector<report> take(std::size_t at_most = SIZE_MAX);
    /// The number of reports that did not fit.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    friend class runtime;
    explicit report_reader(std::shared_ptr<detail::report_tap> tap) noexcept
        : tap_{std::move(tap)} {}
    void stop() noexcept;

    /// Null if the caller was dead, so that there was no runtime.
    std::shared_ptr<detail::report_tap> tap_;
};

/// Sets the report level of the caller's runtime: from now on lower reports are not built. Returns the
/// previous level. Does not change whether error stacks are captured, see `runtime_options::capture_stacks`.
report_level set_report_level(report_level level);

/// Writes a report of the calling process at the given level. Without a calling process, as in a report
/// handler, no runtime is known, and the text goes to stderr if the level is warning or higher. Other threads
/// use `runtime::log`.
void log(report_level level, std::string text);

}  // namespace coppice

#pragma GCC visibility pop
