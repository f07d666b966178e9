// SPDX-License-Identifier: Apache-2.0
// Reports: crashes, restarts and starts in a runtime, as values.
//
// Each runtime has one report handler (`runtime_options::on_report`). The default handler prints to stderr.
//
// Threads    The handler runs on a separate thread, one report at a time; in a simulation, on the thread of
//            the simulation. The handler is not a process: calls of the functions for processes have no
//            effect. The handler may use the members of `runtime`.
// Blocking   The handler may block. Reports wait in a bounded queue; a report that does not fit is counted
//            and dropped.
// Ownership  The runtime owns the handler, and the report lives until the handler returns. A reader owns its
//            queue.
// Errors     An exception from the handler is swallowed and counted, see `runtime::reports_lost`.
// Cost       A report whose level is off is not built.
// Semantics  Names, fields and levels as in OTP's reports.
// Today      Further kinds of reports may follow as alternatives of `report::body_type`. The texts of
//            `to_string` and `format_line` are for people and may change.

#pragma once

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
#include "coppice/detail/chrono.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/mailbox_limit.hpp"
#include "coppice/pid.hpp"
#include "coppice/stuck_process.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// From the least to the most severe. `off` is only a threshold: no report is built.
enum class report_level : std::uint8_t { debug, info, notice, warning, error, off };
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(report_level level) noexcept;

/// A process ended by an exception or an abnormal `exit`.
struct crash_report {
    std::string initial_call;     ///< The type of the function or server that the process ran.
    pid process;                  ///< The process that has ended.
    std::string registered_name;  ///< At the end of the process; empty if there was none.
    std::string child_id;  ///< The id of a supervised server; empty under a dynamic supervisor.
    exit_reason why;       ///< For an exception, an error with type, message and stack.
    /// Parent first. A longer ancestry is cut to 17 to 32 entries; the oldest ancestor is kept.
    std::vector<std::string> ancestors;
    std::size_t message_queue_len = 0;  ///< Messages left in the mailbox.
    std::vector<pid> links;             ///< Processes linked at the end; each gets the exit signal.
    bool trap_exit = false;             ///< Whether the process trapped exits.
    /// Of a gen_server: the message in the handler. Empty if there was none.
    std::string last_message;
    /// The state of a gen_server: the result of `format_status`, or else the state as printed by show.hpp.
    std::string state;
};

/// A gen_server stopped abnormally, with the message that the server was handling.
struct server_report {
    std::string name;              ///< The registered name, else the pid.
    std::string last_message;      ///< As printed by show.hpp; empty if no handler was active.
    std::string state;             ///< As in `crash_report`.
    exit_reason why;               ///< The reason of the server's end.
    pid client;                    ///< The caller, if the last message was a call; else empty.
    std::vector<std::string> log;  ///< The events kept by `sys::log`, oldest first.
    std::string behaviour = "gen_server";  ///< The behaviour whose loop has ended.
    std::string machine_state;             ///< The state of a gen_statem; else empty, as all below.
    std::vector<std::string> queued;       ///< Events that were to be handled next, in order.
    std::vector<std::string> postponed;    ///< Postponed events, oldest first.
    std::vector<std::string> timeouts;     ///< Running timeouts, with their contents.
};

/// What has happened to the child of a `supervisor_report`.
enum class supervisor_context : std::uint8_t {
    start_error,       ///< The child did not start. During a restart the start is retried.
    child_terminated,  ///< The child ended, and the supervisor had not asked for the end.
    shutdown_error,    ///< The child was stopped, and ended in another way than requested.
    shutdown,          ///< The supervisor gives up: too many restarts of the child.
};
/// The name of the enumerator, as in OTP.
[[nodiscard]] std::string_view to_string(supervisor_context context) noexcept;

/// The child that a report of a supervisor is about.
struct child_summary {
    pid process;        ///< The child's process, or its last one; empty before the first start.
    std::string id;     ///< As in the spec, and so are the fields below.
    std::string start;  ///< The class or function that is started.
    restart_type restart = restart_type::permanent;  ///< When the child is restarted.
    bool significant = false;              ///< Whether the end counts for `auto_shutdown`.
    shutdown_limit shutdown = infinity;    ///< The time to stop before the kill.
    child_type type = child_type::worker;  ///< Worker or supervisor.
};

/// A supervisor reports the end or the failed start of a child. Level error.
struct supervisor_report {
    std::string supervisor;  ///< The registered name, else pid and class.
    supervisor_context context = supervisor_context::child_terminated;  ///< What has happened.
    /// Of the child's end or failed start. `reached_max_restart_intensity` for `shutdown`.
    exit_reason why;
    child_summary offender;  ///< The child of the report.
};

/// A static supervisor has started a child. Level info. A dynamic supervisor makes no such report.
struct progress_report {
    std::string supervisor;  ///< As in `supervisor_report`.
    child_summary started;   ///< The child, with the new process.
};

/// An application has started. Level info.
struct application_progress_report {
    std::string application;  ///< The name of the application.
};

/// An application has ended, or failed to start. Level notice.
struct application_exit_report {
    std::string application;  ///< The name of the application.
    exit_reason exited;       ///< `stopped` if the application was asked to stop.
    restart_type type = restart_type::temporary;  ///< Of the last start of the application.
};

/// A handler neither returned nor waited for `runtime_options::stuck_after`. Reported when the watchdog
/// notices, and again with `returned` set when the handler has returned.
struct stuck_report {
    stuck_process stuck;       ///< The process as it was when the report was made.
    bool returned = false;     ///< False in the first report, true in the second.
    std::vector<void*> stack;  ///< The stack of the handler, innermost first. May be empty.
};

/// A mailbox with a limit has reached its mark of high water. Level warning. See mailbox_limit.hpp.
struct mailbox_report {
    pid process;                  ///< The process with the mailbox.
    std::string registered_name;  ///< Of the process; empty if there is none.
    std::size_t waiting = 0;      ///< Messages that wait.
    mailbox_limit limit;          ///< The limit of the mailbox.
    std::uint64_t refused = 0;    ///< Messages refused since the start of the process.
    std::uint64_t dropped = 0;    ///< Messages dropped since then.
};

/// A text by `log`, or a remark of the library itself.
struct text_report {
    std::string text;  ///< Printed on one line, with newlines escaped.
};

/// A field of a log line, see logger.hpp.
struct log_field {
    std::string key;    ///< Such as `module`.
    std::string value;  ///< Text of any kind.
    bool operator==(const log_field&) const = default;
};

/// What the report handler gets.
struct report {
    /// One alternative for each kind of report.
    using body_type = std::variant<crash_report, server_report, supervisor_report, progress_report,
                                   text_report, stuck_report, application_progress_report,
                                   application_exit_report, mailbox_report>;
    report_level level = report_level::error;  ///< Fixed for each kind but `text_report`.
    /// When the report was made; virtual in a simulation.
    std::chrono::system_clock::time_point time;
    /// The process that reports; empty if no process reports, as for `runtime::log`.
    pid process;
    body_type body;  ///< What is reported.
    /// Of a log line: the module, the metadata of the process, and the fields of the line.
    std::vector<log_field> metadata = {};
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

/// The function in `runtime_options::on_report`.
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
    /// Begins to collect reports of at least `level`, for the calling process's runtime. At most `room`
    /// reports wait; later ones are dropped.
    explicit report_reader(report_level level = report_level::notice, std::size_t room = 1000);
    /// Moved and not copied. A moved-from reader gets no reports.
    report_reader(report_reader&&) noexcept = default;
    report_reader& operator=(report_reader&& other) noexcept;
    /// Stops collecting, and drops the reports that wait.
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

/// Writes a report of the calling process at the given level, with the metadata of the process: see logger.hpp,
/// also for other threads. In a report handler, and on a thread without a runtime, the text goes to stderr if
/// the level is warning or higher.
void log(report_level level, std::string text);

}  // namespace coppice

#pragma GCC visibility pop
