// SPDX-License-Identifier: Apache-2.0
// A runtime: a world of processes and the threads that run them.
//
//     int main() { return coppice::run(app); }          // until app ends, or SIGINT or SIGTERM
//
//     coppice::runtime world{{.workers = 2}};           // or by hand
//     world.start();
//     coppice::pid p = world.spawn(app);
//     world.wait(p);
//     world.stop();
//
// Several may live in one OS process; they share nothing and do not see each other's processes. No
// thread exists before `start`. An idle runtime uses no CPU.
//
// Threads    Every member may be called from any thread. With a simulated clock: only from the one
//            that made the runtime; another is refused, but for `request_stop`.
// Blocking   call, wait, wait_for_stop_request, run, stop and flush_reports block the calling
//            thread, at most until their deadline. The runtime's own processes cannot wait for
//            themselves: they are refused. In a handler of reports (`on_report`) stop and
//            flush_reports are refused, which would wait for its end; the others work there on real
//            threads, and not in a simulation, whose handlers run inside of a process. What waits is
//            refused before `start`, since it would wait for ever.
// Errors     A call that is refused throws std::logic_error with a sentence that names the remedy.
//            What comes too late, when a stop has begun, throws stopped_error.

#pragma once

#include <chrono>
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

/// Which clock a runtime goes by.
enum class clock_kind : std::uint8_t {
    real,      ///< The machine's monotonic clock; processes run on worker threads.
    simulated  ///< Stands still while anything is ready, then jumps to the next timer. No threads:
               ///< processes run on the thread that waits, in an order that the seed chooses.
};

/// How signals travel on a simulated clock. Virtual time stands still while one is on its way; what
/// a process sends to itself arrives at once.
enum class signal_delays : std::uint8_t {
    none,      ///< A signal arrives before anybody runs.
    in_order,  ///< Others run before it arrives, as many as the seed says: so an exit crosses an
    ///< unlink, a reply the end of a call's time. What goes to one process arrives in the
    ///< order in which it was sent, as on threads.
    per_pair  ///< Likewise, but only the signals of one process to another keep their order, which
              ///< is all that Erlang promises: what was sent first may be overtaken by what others
              ///< sent because of it.
};

struct runtime_options {
    unsigned workers = 0;  ///< 0: as many as the OS process's affinity and cgroup allow. Up to 128.
    basic_time_span<std::chrono::microseconds> spin =
        std::chrono::microseconds{50};  ///< How long a worker looks for work before it sleeps.
    /// Messages that a process may handle and send before others go. Positive. A send to a process
    /// in whose mailbox n messages wait counts for 1 + n / 32, up to 256.
    unsigned turn_budget = 500;
    report_level level = report_level::notice;  ///< Lower reports are not built.
    report_handler on_report = {};              ///< Empty: print to stderr.
    /// Remember where an error was thrown. Unless said: if errors are reported.
    std::optional<bool> capture_stacks = std::nullopt;
    /// A handler that neither returns nor waits for so long is reported, and a spare worker stands
    /// in for the one that runs it; a fatal exit signal then ends its process at once. Destructors of a
    /// process that ends have until it is killed, and a second if that is what ends it. Positive.
    time_span stuck_after = std::chrono::milliseconds{100};
    /// Events of life that are kept, see events.hpp. 0: none. Up to 1048576.
    std::size_t events_kept = 4096;
    /// Where they are written to when the program aborts, or a supervisor without a supervisor gives up, see
    /// events.hpp. Empty: nowhere.
    std::string events_file = {};
    unsigned spare_workers = 8;  ///< Up to 64. Their threads exist only while they are needed.
    /// Interrupt a stuck handler once, by SIGURG, to see where it is.
    bool sample_stuck_stacks = true;
    clock_kind clock = clock_kind::real;
    std::uint64_t seed = 1;  ///< With a simulated clock: one seed, one run.
    /// With a simulated clock. Unless said: none with seed 1, in_order with every other.
    std::optional<signal_delays> delays = std::nullopt;
};

/// A process that was asked to end and did not in time. Whoever only waits for it is not named: not
/// the supervisor that stops it, nor those that the supervisor stops after it.
struct blocking_process {
    pid process;
    std::string registered_name;
    bool killed = false;  ///< False: it is in the middle of a turn and has not been noticed yet.
    bool stuck = false;   ///< Its handler has not returned: its thread is left behind.
};
[[nodiscard]] std::string to_string(const blocking_process& p);

struct stop_result {
    std::vector<blocking_process> blocking;
    /// How many processes were killed, also those that nobody had asked or that waited for others.
    std::size_t killed = 0;
    bool names(const pid& who) const noexcept {
        for (const auto& each : blocking) {
            if (each.process == who) {
                return true;
            }
        }
        return false;
    }
    /// Nobody is named: everything ended in time, or was killed because no time was given.
    explicit operator bool() const noexcept { return blocking.empty(); }
};

/// Something was to be started in a runtime that is being stopped.
class stopped_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

inline constexpr std::chrono::nanoseconds default_stop_deadline = std::chrono::seconds{10};

namespace detail {
class runtime_impl;
class outside_answer;

/// A one-shot answer from a process to a thread outside.
std::shared_ptr<outside_answer> make_outside_answer();
void give(outside_answer& answer) noexcept;

/// Lives in a process, and lets the thread outside go when it dies with it, however that ends.
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

class runtime {
  public:
    /// Throws std::invalid_argument when an option is out of its range.
    explicit runtime(runtime_options options = {});
    /// Stops, with the default deadline, if `stop` was not called.
    ~runtime();
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    /// Starts the workers. Processes may be spawned before; they run from now on. Starting again does
    /// nothing. Throws std::system_error, and nothing runs, if the system has no threads to give;
    /// stopped_error once `stop` was called: a stopped runtime does not start again.
    void start();

    /// Asks the processes that were started from outside to shut down, newest first, each as soon as
    /// the one before has ended or used up its share of the deadline. Supervisors that lose their
    /// parent by that stop their own children in order. After three quarters of the deadline all
    /// that are left are asked too, whoever is in their way. What is left at the deadline is killed.
    /// What even that does not end is left alone with its thread. A handler that does not return has
    /// until the deadline to do so.
    ///
    /// The time from the deadline to the return is bounded: about half a second to notice handlers
    /// that do not return, as long again for threads, and the handler of reports has until the
    /// deadline or as long again.
    ///
    /// A deadline of zero or less asks nobody, kills at once, and names only whoever even that does
    /// not end. `no_timeout` waits for each as long as it takes. Whoever calls while another thread
    /// stops waits for that; if its own deadline comes first, it is the deadline for both. Both get
    /// the same result, and so does whoever stops again later. Before `start` there is nothing to
    /// end, and what was spawned never runs. From the beginning of the stop on, spawn and run throw
    /// stopped_error, and call answers `noproc`.
    stop_result stop(time_span deadline = default_stop_deadline);

    /// Asks whoever owns this runtime to stop it: `run` does, and `wait_for_stop_request` answers.
    /// Returns at once. From anywhere: any thread, a process, a handler of reports; not from a
    /// signal handler.
    void request_stop();
    /// Waits until `request_stop` or `stop` was called; false if that takes longer.
    bool wait_for_stop_request(time_span timeout = no_timeout);

    /// Throws stopped_error once a stop has begun.
    template <class F, class... Args>
    pid spawn(F&& f, Args&&... args) {
        return spawn_body(
            detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...));
    }

    template <class M>
    void send(const pid& to, M&& m) {
        detail::deliver_from_outside(core("runtime::send"), to,
                                     detail::make_message(std::forward<M>(m)));
    }
    /// False if nobody has the name.
    template <class M>
    bool send(std::string_view to, M&& m) {
        const pid named = whereis(to);
        if (named) {
            send(named, std::forward<M>(m));
        }
        return static_cast<bool>(named);
    }
    /// An exit signal, as `exit(pid, why)`. For processes started from outside it counts as their
    /// parent's.
    void exit(const pid& to, exit_reason why);

    [[nodiscard]] pid whereis(std::string_view name);
    /// Whether the process lives now. It may end at any moment: `wait` is for those who need the end.
    [[nodiscard]] bool is_alive(const pid& who) const noexcept;

    template <class T, class M>
    void cast(const server<T>& to, M&& m) {
        const pid target = resolve(to);
        if (target) {
            detail::deliver_from_outside(core("runtime::cast"), target,
                                         server<T>::make_cast(std::forward<M>(m)));
        }
    }

    /// Calls a server and waits for the reply. Errors: those of a call between processes; `noproc`
    /// when the runtime stops meanwhile, or is being stopped.
    template <class T, class M>
    auto call(const server<T>& to, M&& m, time_span timeout = default_call_timeout) {
        using reply = typename server<T>::template reply_for<M>;
        using result = std::expected<reply, exit_reason>;
        if (!may_call()) {
            return result{std::unexpected(reason::noproc)};
        }
        auto answer = detail::make_outside_answer();
        auto out = detail::make_for_nobody<std::optional<result>>();
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

    /// Waits for a process's end. Nothing if it lives longer than that, or than the runtime runs;
    /// `noproc` if it had ended before.
    std::optional<exit_reason> wait(const pid& who, time_span timeout = no_timeout);

    /// Spawns `f` and waits for its end. With a simulated clock the answer is `timeout` if nothing
    /// is left that could end it.
    template <class F>
    exit_reason run(F&& f) {
        return run_body(detail::make_function_body(std::forward<F>(f)));
    }

    std::uint64_t process_count() const noexcept;
    /// Those whose handlers have not returned for `stuck_after`, until they do.
    [[nodiscard]] std::vector<stuck_process> stuck_processes() const;
    unsigned workers() const noexcept;
    /// Which clock it goes by. Any thread may ask.
    clock_kind clock() const noexcept;
    /// Reports that did not fit the queue, or whose handler threw.
    std::uint64_t reports_lost() const noexcept;
    // As the functions of the same names in statistics.hpp, events.hpp and report.hpp. Not in a handler of
    // reports of a simulation.
    [[nodiscard]] runtime_statistics statistics() const;
    void visit_processes(callback<void(const process_glance&)> seen) const;
    [[nodiscard]] std::vector<process_glance> process_glances() const;
    [[nodiscard]] std::vector<timer_glance> timer_glances(std::size_t limit) const;
    [[nodiscard]] events::page recent_events(std::uint64_t since = 0,
                                             std::size_t limit = 1000) const;
    bool write_events(const std::string& path) const;
    report_level set_report_level(report_level level);
    [[nodiscard]] report_reader read_reports(report_level level = report_level::notice,
                                             std::size_t room = 1000);
    /// Writes a report of the program's own, as `coppice::log` does for a process.
    void log(report_level level, std::string text);
    /// Waits until the reports made so far have been handled. Refused in their handler.
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
    pid spawn_body(std::unique_ptr<detail::body> what);
    exit_reason run_body(std::unique_ptr<detail::body> what);
    template <class T>
    pid resolve(const server<T>& to) {
        return to.name().empty() ? to.whereis() : whereis(to.name());
    }

    std::unique_ptr<detail::runtime_impl> impl_;
};

/// `runtime::request_stop` for the runtime of the calling process.
void request_stop();

namespace detail {
/// How a program runs, and what it tells of itself.
struct run_settings {
    std::string name = "coppice";  ///< Begins its lines on stderr.
    std::chrono::nanoseconds stop_deadline = default_stop_deadline;
    /// SIGHUP came: called by the thread that hears signals. Empty: SIGHUP does as ever.
    callback<void()> on_hangup = {};
    /// Called once, before the stop begins.
    callback<void()> on_stop = {};
    bool tells_good_end = false;  ///< A line also for status 0.
};
int run_main(std::unique_ptr<body> main, runtime_options options);
int run_main(runtime& world, std::unique_ptr<body> main, run_settings how);
/// What COPPICE_CLOCK and COPPICE_SEED say; false, with a line on stderr, if that makes no sense.
bool apply_environment(runtime_options& options);
}  // namespace detail

/// Runs `app` in a runtime of its own until it ends, or SIGINT, SIGTERM or `request_stop` asks for an
/// orderly stop. Returns a status for `main`:
///
///     0          app ended with `normal`, or was stopped as asked
///     1          app ended otherwise by itself, crashed in the stop, or somebody did not end in time
///     130, 143   a second SIGINT or SIGTERM hurried the end
///
/// For all but 0 a line on stderr says which process it was and why. An app that is linked to a
/// supervisor (start_link) ends with it: with `shutdown` when that gives up or does not start.
///
/// A second signal during the stop kills at once what is left, a third one gives up the half second
/// in which stuck handlers are looked for. Either way `run` returns, and what stands behind it in main
/// goes on. Several may run in several threads: a signal is for all of them. A signal that was ignored
/// before stays ignored; no signal is blocked, and when the last `run` returns the dispositions are
/// what they were. docs/decisions/011.
///
/// COPPICE_CLOCK=simulated in the environment runs it on a virtual clock, so that hours take no time,
/// and COPPICE_SEED=N chooses the schedule. What is neither a clock nor a number is refused with 2.
template <class F>
int run(F&& app, runtime_options options = {}) {
    return detail::run_main(detail::make_function_body(std::forward<F>(app)), std::move(options));
}

/// Likewise in a runtime of the caller's, which is started if it was not, and stopped: for a `main`
/// that also has other things to do with it. The environment chooses nothing.
template <class F>
int run(runtime& world, F&& app, time_span stop_deadline = default_stop_deadline) {
    detail::run_settings how;
    how.stop_deadline = stop_deadline;
    return detail::run_main(world, detail::make_function_body(std::forward<F>(app)),
                            std::move(how));
}

}  // namespace coppice

#pragma GCC visibility pop
