// SPDX-License-Identifier: Apache-2.0
// A runtime: a set of processes and the scheduler threads that run these processes.
//
//     int main() { return coppice::run(app); }          // until app ends, or SIGINT or SIGTERM
//
//     coppice::runtime world{{.workers = 2}};           // or by hand
//     world.start();
//     coppice::pid p = world.spawn(app);
//     world.wait(p);
//     world.stop();
//
// Several runtimes may live in one OS process. Runtimes share nothing, and the processes of one runtime are
// invisible to another. No thread exists before `start`. An idle runtime uses no CPU.
//
// Threads    Any thread may call every member. With a simulated clock, only the thread that made the runtime
//            may call members, except `request_stop` and `clock`. Most members check the thread and refuse
//            any other one.
// Blocking   `call`, `wait`, `wait_for_stop_request`, `run`, `stop` and `flush_reports` block the calling
//            thread, at most until the deadline, if there is one. These calls are refused inside the
//            runtime's own processes, because the runtime would wait for itself. In a report handler
//            (`on_report`), `stop` and `flush_reports` are refused, because both would wait for the handler.
//            The other members work in a report handler on real threads, but not in a simulation, where
//            handlers run inside a process. Before `start`, `call`, `wait`, `wait_for_stop_request` and
//            `run` are refused, because the wait would never end.
// Errors     A refused call throws std::logic_error with a message that names the remedy. `start`, `spawn`
//            and `run` throw stopped_error once a stop has begun.
// Ownership  A runtime owns its processes and threads. Pids and server handles may outlive the runtime, and
//            then mean no process.
// Cost       `call` and `run` spawn a process, `wait` sets a monitor. The other members cost as the
//            functions of the same names.
// Today      The toll of a send to a backlogged process and the lengths of the grace periods may change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/events.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "coppice/statistics.hpp"
#include "coppice/stuck_process.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The clock of a runtime.
enum class clock_kind : std::uint8_t {
    /// The monotonic clock of the machine. Processes run on scheduler threads.
    real,
    /// Virtual time: stands still while any process is ready, then jumps to the next timer. No threads:
    /// processes run on the thread that waits, in an order that the seed determines.
    simulated
};

/// Delivery of signals on a simulated clock. Virtual time stands still while a signal is under way. A signal
/// that a process sends to itself arrives at once.
enum class signal_delays : std::uint8_t {
    /// A signal arrives before any process runs.
    none,
    /// Other processes run before a signal arrives, as many as the seed determines. So an exit signal may
    /// cross an unlink, and a reply may cross the timeout of a call. Signals to one process arrive in the
    /// order in which the signals were sent, as on threads.
    in_order,
    /// As `in_order`, but only signals from one process to another keep their order, which is all that Erlang
    /// guarantees. So a signal may be overtaken by a later signal that another process sent as a consequence.
    per_pair
};

/// Options of a runtime. A value out of its range makes the constructor throw std::invalid_argument.
struct runtime_options {
    /// Scheduler threads, up to 128. 0: one for each CPU that the affinity mask and the cgroup allow.
    unsigned workers = 0;
    /// How long a scheduler thread spins for work before the thread sleeps. A thread does not spin between
    /// two steals that do not pay.
    basic_time_span<std::chrono::microseconds> spin = std::chrono::microseconds{50};
    /// Reductions in one turn, positive: messages that a process may handle and send before others run.
    /// Back-pressure: a send to a process with n queued messages costs 1 + n / 32 reductions, at most 256.
    unsigned turn_budget = 500;
    report_level level = report_level::notice;  ///< Reports below this level are not built.
    report_handler on_report = {};              ///< Empty: reports are printed to stderr.
    /// Capture the stack where an error is thrown. Default: only if errors are reported.
    std::optional<bool> capture_stacks = std::nullopt;
    /// Watchdog. A handler that neither returns nor waits for this time is reported as stuck, and a spare
    /// scheduler thread takes over for the blocked thread. From then on a fatal exit signal ends the process
    /// at once. If destructors of an ending process are stuck, the process is declared dead when a `kill`
    /// arrives, or after 1 s if `kill` has caused the end. Positive.
    time_span stuck_after = std::chrono::milliseconds{100};
    /// How many events the flight recorder keeps, see events.hpp. 0: none. Up to 1048576.
    std::size_t events_kept = 4096;
    /// The file for the kept events when the program aborts, or when a supervisor without a supervisor gives
    /// up, see events.hpp. Empty: no file.
    std::string events_file = {};
    /// Spare scheduler threads, up to 64. A spare thread exists only while needed.
    unsigned spare_workers = 8;
    /// Threads of `blocking`, from 1 to 1024, made when needed; see blocking.hpp.
    unsigned blocking_threads = 16;
    /// Functions of `blocking` that may wait for a thread. One more is refused.
    std::size_t blocking_queue = 1024;
    /// Interrupt a stuck handler once, by SIGURG, to capture the handler's stack.
    bool sample_stuck_stacks = true;
    clock_kind clock = clock_kind::real;  ///< Real threads or the simulator.
    std::uint64_t seed = 1;               ///< With a simulated clock: one seed gives one run.
    /// With a simulated clock. Default: `none` with seed 1, `in_order` with any other seed.
    std::optional<signal_delays> delays = std::nullopt;
};

/// A process that was asked to end and did not end in time. Processes that only wait for a late process are
/// not named: neither the late process's supervisor, nor the siblings that the supervisor stops afterwards.
/// Late supervisors are named only if no other process is late.
struct blocking_process {
    pid process;                  ///< The late process.
    std::string registered_name;  ///< Empty if the process has no name.
    bool killed = false;          ///< False: still alive, in the middle of a turn.
    bool stuck = false;           ///< The handler has not returned; the thread is left behind.
};
/// One line: pid, name and what became of the process.
[[nodiscard]] std::string to_string(const blocking_process& p);

/// How a stop went.
struct stop_result {
    /// The processes that were late. Empty after a stop in time.
    std::vector<blocking_process> blocking;
    /// The number of processes killed, including processes that were not asked or that waited for others.
    std::size_t killed = 0;
    /// Whether `blocking` has an entry for the process. Cost: O(entries).
    bool names(const pid& who) const noexcept {
        for (const auto& each : blocking) {
            if (each.process == who) {
                return true;
            }
        }
        return false;
    }
    /// True if no process is named: all ended in time, or were killed because the deadline was zero or less.
    explicit operator bool() const noexcept { return blocking.empty(); }
};

/// A start or spawn in a runtime that is stopping or has stopped.
class stopped_error : public std::runtime_error {
  public:
    /// From a text, which `what` answers.
    using std::runtime_error::runtime_error;
};

/// The deadline of a stop if none is given: 10 s.
inline constexpr std::chrono::nanoseconds default_stop_deadline = std::chrono::seconds{10};

namespace detail {
class runtime_impl;
class outside_answer;

/// A one-shot answer from a process to a thread outside of the runtime.
std::shared_ptr<outside_answer> make_outside_answer();
void give(outside_answer& answer) noexcept;

/// Owned by a process. The destructor releases the waiting thread outside, however the process ends.
class answers_at_end {
  public:
    explicit answers_at_end(std::shared_ptr<outside_answer> answer) : answer_{std::move(answer)} {}
    answers_at_end(answers_at_end&&) = default;
    answers_at_end& operator=(answers_at_end&&) = delete;
    ~answers_at_end() {
        if (answer_) {
            give(*answer_);
        }
    }

  private:
    std::shared_ptr<outside_answer> answer_;
};
}  // namespace detail

/// A runtime that runs from `start` to `stop`, see the head of this file. Neither copied nor moved.
class runtime {
  public:
    /// Throws std::invalid_argument when an option is out of its range.
    explicit runtime(runtime_options options = {});
    /// Stops with the default deadline, unless `stop` was called. Must not run in one of the runtime's own
    /// processes or in the report handler: the program ends with a message.
    ~runtime();
    /// Neither copied nor moved.
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    /// Starts the scheduler threads. Processes spawned before `start` run from now on. A second call has no
    /// effect. Throws std::system_error, and starts nothing, if the OS provides no threads. Throws
    /// stopped_error once `stop` was called: a stopped runtime cannot be restarted.
    void start();

    /// Orderly stop. Asks the processes that were started from outside to shut down, newest first, each as
    /// soon as the previous process has ended or has used up a share of the deadline. A supervisor that loses
    /// its parent in this way stops its own children in order. After three quarters of the deadline all
    /// remaining processes are asked too, even if another process blocks the order. At the deadline the
    /// remaining processes are killed. A handler that does not return has until the deadline. A process that
    /// survives even the kill is left behind with its thread.
    ///
    /// The time from the deadline to the return is bounded: one grace period to notice handlers that do not
    /// return, one for the scheduler threads, and one or two for the report handler, which also has the time
    /// until the deadline, at most 10 s. A grace period is 0.5 s, or twice a longer `stuck_after`, up to 2 s.
    ///
    /// With a deadline of zero or less no process is asked, all are killed at once, and only processes that
    /// survive the kill are named. With `no_timeout` the stop waits for each process without limit. A call
    /// while another thread stops the runtime waits for the other stop; if the deadline of the second call
    /// comes first, that deadline counts for both. Both calls and all later calls return the same result.
    /// Before `start` no process has to end, and processes that were spawned never run. From the beginning of
    /// the stop, `spawn` and `run` throw stopped_error, and `call` returns `noproc`.
    stop_result stop(time_span deadline = default_stop_deadline);

    /// Asks the owner of the runtime to stop the runtime: `coppice::run` then stops, and
    /// `wait_for_stop_request` returns true. Returns at once. May be called on any thread, in a process and
    /// in a report handler, but not in a signal handler.
    void request_stop();
    /// Waits until `request_stop` or `stop` is called, and then returns true. Returns false if the timeout
    /// comes first. With a simulated clock, also returns false when no event is left.
    bool wait_for_stop_request(time_span timeout = no_timeout);

    /// Starts a process that has no parent. Throws stopped_error once a stop has begun.
    template <class F, class... Args>
    pid spawn(F&& f, Args&&... args) {
        return spawn_body(
            detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// As the other `spawn`, with a limit on the mailbox of the new process. Throws `badarg_error` for a wrong limit.
    template <std::same_as<mailbox_limit> L, class F, class... Args>
    pid spawn(L limit, F&& f, Args&&... args) {
        return spawn_body(
            detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
            &detail::checked(limit));
    }

    /// Sends a message without a sender. A message to a process that has ended is dropped. To a full mailbox with
    /// the policy `wait` the thread waits for room, see mailbox_limit.hpp.
    template <class M>
    void send(const pid& to, M&& m) {
        detail::deliver_from_outside(core("runtime::send"), to,
                                     detail::make_message(std::forward<M>(m)));
    }
    /// Sends a message to the process that has the name now. Returns false if no process has the name.
    template <class M>
    bool send(std::string_view to, M&& m) {
        const pid named = whereis(to);
        if (named) {
            send(named, std::forward<M>(m));
        }
        return static_cast<bool>(named);
    }
    /// As `coppice::try_send`: does not wait for room in a mailbox with a limit, and tells what has become of the
    /// message. `send` waits under the policy `wait`.
    template <class M>
    send_status try_send(const pid& to, M&& m) {
        detail::owned_message message{detail::make_message(std::forward<M>(m))};
        const send_status out =
            detail::try_deliver_from_outside(core("runtime::try_send"), to, message);
        if constexpr (!std::is_lvalue_reference_v<M>) {
            detail::give_back(message, m);
        }
        return out;
    }
    /// Sends an exit signal, as `exit(pid, why)`. For a process that was started from outside, the signal
    /// counts as a signal from the parent.
    void exit(const pid& to, exit_reason why);

    /// The process that has the name now; the empty pid if no process has the name.
    [[nodiscard]] pid whereis(std::string_view name);
    /// Whether the process is alive now. The process may end at any moment; to wait for the end, use `wait`.
    [[nodiscard]] bool is_alive(const pid& who) const noexcept;

    /// As `server::cast`. Without a server the request is dropped.
    template <class T, class M>
    void cast(const server<T>& to, M&& m) {
        const pid target = resolve(to);
        if (target) {
            detail::deliver_from_outside(core("runtime::cast"), target,
                                         server<T>::make_cast(std::forward<M>(m)));
        }
    }

    /// As `server::try_cast`.
    template <class T, class M>
    send_status try_cast(const server<T>& to, M&& m) {
        const pid target = resolve(to);
        if (!target) {
            return send_status::gone;
        }
        detail::owned_message request{server<T>::make_cast(std::forward<M>(m))};
        return detail::try_deliver_from_outside(core("runtime::try_cast"), target, request);
    }

    /// Calls a server and returns the reply, or an error, as a `std::expected`. Errors: as for a call
    /// between processes, and `noproc` if the runtime is stopping, or stops before the reply. Cost: spawns a
    /// process that calls.
    template <class T, class M>
    auto call(const server<T>& to, M&& m, time_span timeout = default_call_timeout) {
        using reply = typename server<T>::template reply_for<M>;
        using result = std::expected<reply, exit_reason>;
        if (!may_call()) {
            return result{std::unexpected(reason::noproc)};
        }
        auto answer = detail::make_outside_answer();
        auto out = detail::make_without_caller<std::optional<result>>();
        auto asks = [to, out, timeout, at_end = detail::answers_at_end{answer},
                     request = std::decay_t<M>(std::forward<M>(m))]() mutable -> task<> {
            auto calling = to.try_call(request, timeout);
            out->emplace(co_await calling);
        };
        const pid caller = detail::spawn_process(core("runtime::call"),
                                                 detail::make_function_body(std::move(asks)));
        if (!wait_for(answer, timeout)) {
            exit(caller, reason::kill);
            return result{std::unexpected(reason::timeout)};
        }
        return *out ? std::move(**out) : result{std::unexpected(reason::noproc)};
    }

    /// Waits for the end of a process and returns the reason. Returns nothing if the process outlives the
    /// timeout or the runtime, or if no event of a simulation is left. Returns `noproc` if the process had
    /// ended before the call.
    std::optional<exit_reason> wait(const pid& who, time_span timeout = no_timeout);

    /// Spawns a process that runs `f`, waits for the end and returns the reason. With a simulated clock,
    /// returns `timeout` if no event is left that could end the process.
    template <class F>
    exit_reason run(F&& f) {
        return run_body(detail::make_function_body(std::forward<F>(f)));
    }

    /// Live processes now, including the library's own, such as the process behind a `call`.
    std::uint64_t process_count() const noexcept;
    /// Processes whose handlers have not returned for `stuck_after`. An entry goes when the handler returns.
    [[nodiscard]] std::vector<stuck_process> stuck_processes() const;
    /// Scheduler threads, without spare threads; 1 with a simulated clock.
    unsigned workers() const noexcept;
    /// The clock of this runtime. Any thread, also with a simulated clock.
    clock_kind clock() const noexcept;
    /// The number of reports that did not fit the queue, or whose handler threw.
    std::uint64_t reports_lost() const noexcept;
    /// As the functions of the same names in statistics.hpp, events.hpp and report.hpp. Not for the report
    /// handler of a simulation.
    [[nodiscard]] runtime_statistics statistics() const;
    void visit_processes(callback<void(const process_glance&)> seen) const;
    [[nodiscard]] std::vector<process_glance> process_glances() const;
    [[nodiscard]] std::vector<timer_glance> timer_glances(std::size_t limit) const;
    /// As `events::recent` and `events::write`.
    [[nodiscard]] events::page recent_events(std::uint64_t since = 0,
                                             std::size_t limit = 1000) const;
    bool write_events(const std::string& path) const;
    /// As `coppice::set_report_level`.
    report_level set_report_level(report_level level);
    /// A `report_reader` for this runtime, for any thread.
    [[nodiscard]] report_reader read_reports(report_level level = report_level::notice,
                                             std::size_t room = 1000);
    /// Writes a report on behalf of the program, as `coppice::log` does for a process.
    void log(report_level level, std::string text);
    /// Waits until all reports made so far are handled. Refused in a report handler.
    void flush_reports();

  private:
    friend class detail::runtime_impl;
    friend struct runtime_access;

    runtime(std::unique_ptr<detail::runtime_impl> impl);
    detail::runtime_core& core(const char* what);
    bool may_call();
    void refuse_in_report_handler(const char* what) const;
    bool wait_for(const std::shared_ptr<detail::outside_answer>& answer,
                  std::chrono::nanoseconds timeout);
    pid spawn_body(std::unique_ptr<detail::body> what, const mailbox_limit* limit = nullptr);
    exit_reason run_body(std::unique_ptr<detail::body> what);
    template <class T>
    pid resolve(const server<T>& to) {
        return resolve(to.where());
    }
    pid resolve(const address& to);

    std::unique_ptr<detail::runtime_impl> impl_;
};

/// `runtime::request_stop` for the runtime of the calling process.
void request_stop();

namespace detail {
/// Settings of a program run, and of the program's messages.
struct run_settings {
    std::string name = "coppice";  ///< Prefix of the lines on stderr.
    std::chrono::nanoseconds stop_deadline = default_stop_deadline;
    /// Called on SIGHUP, by the thread that receives signals. Empty: SIGHUP keeps its disposition.
    callback<void()> on_hangup = {};
    /// Called once, before the stop begins.
    callback<void()> on_stop = {};
    bool tells_good_end = false;  ///< Print a line on stderr for status 0 too.
};
int run_main(std::unique_ptr<body> main, runtime_options options);
int run_main(runtime& world, std::unique_ptr<body> main, run_settings how);
/// Applies COPPICE_CLOCK and COPPICE_SEED. Returns false, after a line on stderr, if a value is invalid.
bool apply_environment(runtime_options& options);
}  // namespace detail

/// Runs `app` in a separate runtime until `app` ends, or until SIGINT, SIGTERM or `request_stop` asks for an
/// orderly stop. Returns the exit status for `main`:
///
///     0          `app` ended with `normal`, or was stopped as requested
///     1          otherwise: another reason, a crash during the stop, or a process that did not end in time
///     2          COPPICE_CLOCK or COPPICE_SEED is invalid
///     130, 143   a second SIGINT or SIGTERM forced the end
///
/// For every status but 0 a line on stderr names the process and the reason. An `app` that is linked to a
/// supervisor (start_link) ends when the supervisor ends: with `shutdown` if the supervisor gives up or does
/// not start.
///
/// A second signal during the stop kills all remaining processes at once. A third signal skips the grace
/// period for stuck handlers. In both cases `run` returns, and the rest of `main` runs. Several calls of
/// `run` may be active on several threads; each signal is for all of them. A signal that was ignored before
/// stays ignored. No signal is blocked. When the last `run` returns, the previous signal dispositions are
/// restored. See docs/decisions/011.
///
/// COPPICE_CLOCK=simulated in the environment selects a virtual clock, on which hours take no time.
/// COPPICE_SEED=N selects the schedule.
template <class F>
int run(F&& app, runtime_options options = {}) {
    return detail::run_main(detail::make_function_body(std::forward<F>(app)), std::move(options));
}

/// As the other `run`, but in the caller's runtime, for a `main` that also uses the runtime for other work.
/// Starts the runtime if necessary, and stops the runtime at the end. Environment variables have no effect.
template <class F>
int run(runtime& world, F&& app, time_span stop_deadline = default_stop_deadline) {
    detail::run_settings how;
    how.stop_deadline = stop_deadline;
    return detail::run_main(world, detail::make_function_body(std::forward<F>(app)),
                            std::move(how));
}

}  // namespace coppice

#pragma GCC visibility pop
