// SPDX-License-Identifier: Apache-2.0
// sys: looks into a live server and suspends it, for servers of any class: gen_servers and
// both kinds of supervisors.
//
//     function                       running               suspended        the caller gets
//     suspend, resume                suspended, nothing    nothing, running
//     get_state                      yes                   yes              the state, as text or typed
//     replace_state                  yes                   yes              the new state
//     get_status                     yes                   yes              a `status`
//     terminate                      yes                   yes              an answer; then the server ends
//     change_code                    refused               refused          {unknown_system_msg, change_code}
//     statistics, log, trace,        yes                   yes              the kept data
//     log_to_file, install, remove,
//     no_debug
//
// Each function sends a system message. The message waits in the mailbox behind earlier messages, and for the
// end of the running handler. A suspended server takes only system messages and the exit of its parent. All
// other messages stay in the mailbox, in order, and are handled after `resume`, even a call whose caller has
// given up meanwhile. A suspended supervisor restarts no child until `resume`. The time of `timeout_after`
// stands still while a server is suspended, and starts again after every system message.
//
// The state of a server:
//
//     the class has                                     typed state    replace_state
//     auto state() const                                its result     void replace_state(S), if present
//     no state(); copyable                              the class      assigns, if assignable
//     no state(); not copyable                          none: does not compile
//
// A server may be debugged from its first message on, by `debug_options` of its start or of a child's spec.
//
// show.hpp prints the state as text. If the class has `format_status() const`, its result replaces the state
// in reports, traces, logs and `get_status`. `get_state` always shows the state itself.
//
// Threads    Inside a process.
// Blocking   Awaited, for five seconds by default.
// Ownership  The answers are copies. The server owns the log, the log file and the installed functions until
//            its end, or until a request ends them.
// Errors     The caller exits with `{why, {sys, function, [target, timeout]}}`, with the `why` of a call:
//            noproc, timeout, calling_self, or the reason of the server's end. An error that the server
//            answers comes bare: `{callback_failed, …}` for a function that throws,
//            `{wrong_class, asked, served}`, `{open_file, why}`. The `try_` form of each function answers
//            `std::unexpected(why)` instead. A process that is no server does not answer.
// Cost       A call. None for a server without debugging. A server with a log, a trace, a log file or a debug
//            function prints each message and its state. The server itself writes the file and waits for the
//            disk; the file grows without limit.
// Semantics  OTP's sys; docs/differences.md lists the differences of a C++ class.
// Today      `status` and `server_statistics` may gain fields. The lines of traces and log files are for
//            people and may change.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/system_request.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace sys {

/// The server in question: a pid, a name, or a handle.
class target {
  public:
    /// A name is looked up now, once, and kept for the text of an error.
    target(const address& to) : to_{to.whereis(), to} {}  // NOLINT(google-explicit-constructor)
    /// A pid; a name, as an address by that name; a handle, as its address.
    target(const pid& who) : to_{who, who} {}  // NOLINT
    template <class Name>
        requires std::convertible_to<const Name&, std::string_view>
    target(const Name& name) : target{address{name}} {}         // NOLINT
    target(const detail::handle& who) : target{who.where()} {}  // NOLINT

    /// The process that was found; empty if the name was not registered.
    const detail::call_target& resolved() const noexcept { return to_; }

  private:
    detail::call_target to_;
};

/// The kinds of events in a debugged server.
enum class event_kind : std::uint8_t {
    call,       ///< A message came whose sender waits for a reply.
    cast,       ///< A message came.
    info,       ///< A message for `handle_info` came; "timeout" if none came in time.
    reply,      ///< A handler has replied.
    noreply,    ///< A handler is done without a reply.
    continued,  ///< `handle_continue` runs.
};

/// An event in a debugged server.
struct event {
    event_kind kind = event_kind::info;  ///< What has happened.
    pid peer;                            ///< The sender, or the receiver of the reply.
    std::string message;                 ///< The message or the reply.
    std::string state;                   ///< After a handler; from `format_status`, if present.

    /// Equal in all fields.
    bool operator==(const event&) const = default;
};
/// `got call get from <0.1.1>`, `sent 5 to <0.1.1>, new state counter{count: 5}`.
[[nodiscard]] std::string to_string(const event& e);

/// Counts since `statistics` was switched on.
struct server_statistics {
    std::chrono::nanoseconds start_time{0};    ///< When the counts began, as `monotonic_time`.
    std::chrono::nanoseconds current_time{0};  ///< When the counts were read, as `monotonic_time`.
    std::uint64_t reductions = 0;              ///< Of the server, since `start_time`.
    std::uint64_t messages_in = 0;             ///< Without system messages.
    std::uint64_t messages_out = 0;            ///< Replies of handlers.
};

/// Further status of a supervisor.
struct supervisor_status {
    std::string strategy;                 ///< "dynamic" for a dynamic supervisor.
    std::int64_t max_restarts = 0;        ///< As in the flags, and so are the next two.
    std::chrono::seconds max_seconds{0};  ///< The window of `max_restarts`.
    std::string auto_shutdown = "never";  ///< Always "never" for a dynamic supervisor.
    std::size_t max_children = SIZE_MAX;  ///< Of a dynamic supervisor.
    std::int64_t restarts = 0;            ///< Since the supervisor's start.
    std::int64_t window_restarts = 0;  ///< In the current window, counted towards `max_restarts`.
    std::vector<child_info> children;  ///< Oldest first, if the supervisor keeps an order.
    /// The starts of `restart_child` since the supervisor's start. These starts count nowhere else.
    std::int64_t manual_restarts = 0;
};

/// A suspended server takes only system messages and the exit of its parent.
enum class server_state : std::uint8_t { running, suspended };
/// `running` or `suspended`.
[[nodiscard]] std::string_view to_string(server_state state) noexcept;

/// The status of a server of any class.
struct status {
    pid process;                                 ///< The server.
    std::string name;                            ///< The registered name; empty if there is none.
    std::string module;                          ///< The class.
    server_state state = server_state::running;  ///< Between `suspend` and `resume`: suspended.
    /// The server itself if started without a parent, as in OTP; empty if started
    /// from outside of the runtime.
    pid parent;
    /// The result of `format_status`, or else the state as printed by show.hpp.
    std::string shown_state;
    bool traces = false;                          ///< Whether `trace` is on.
    std::string log_file;                         ///< The file of `log_to_file`; empty if off.
    std::optional<server_statistics> statistics;  ///< Nothing unless `statistics` is on.
    std::vector<event> log;                       ///< Oldest first.
    std::vector<std::string> functions;           ///< The ids of installed functions.
    std::optional<supervisor_status> supervisor;  ///< Nothing for any other server.
    std::string machine_state;                    ///< The state of a gen_statem; else empty.
    std::vector<std::string> timeouts;   ///< Running timeouts of a gen_statem, with contents.
    std::vector<std::string> postponed;  ///< Postponed events of a gen_statem, oldest first.
};

/// `true` for ten events, a number for that many events, `false` for none.
class log_mode {
  public:
    /// With `true` ten events, with `false` none.
    log_mode(std::same_as<bool> auto on) : limit_{on ? std::size_t{10} : 0} {}  // NOLINT
    /// Throws `badarg_error` if the number is not positive.
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    log_mode(Number limit)  // NOLINT(google-explicit-constructor): log(who, 50)
        : limit_{limit > 0 ? static_cast<std::size_t>(limit) : refuse_limit()} {}

    /// The number of events kept; 0 for none.
    std::size_t limit() const noexcept { return limit_; }

  private:
    [[noreturn]] static std::size_t refuse_limit();

    std::size_t limit_;
};

/// The path of a file, or `false` for none.
class log_file {
  public:
    /// Throws `badarg_error` for true: a file needs a path.
    log_file(std::same_as<bool> auto on) {  // NOLINT(google-explicit-constructor)
        if (on) {
            refuse_path();
        }
    }
    /// Throws `badarg_error` if the path is empty.
    template <class Path>
        requires std::convertible_to<const Path&, std::string>
    log_file(const Path& path) : path_{path} {  // NOLINT(google-explicit-constructor)
        if (path_.empty()) {
            refuse_path();
        }
    }

    /// Empty for `false`.
    const std::string& path() const noexcept { return path_; }

  private:
    [[noreturn]] static void refuse_path();

    std::string path_;
};

/// The optional answer of a debug function: whether the function wants more events.
enum class next : std::uint8_t { go_on, done };

}  // namespace sys

namespace detail {

/// A user's debug function.
struct debug_function : pooled {
    virtual ~debug_function() = default;
    virtual sys::next operator()(const sys::event& told) = 0;
};
template <class F>
struct debug_function_of final : debug_function {
    explicit debug_function_of(F given) : f{std::move(given)} {}
    sys::next operator()(const sys::event& told) override {
        if constexpr (std::is_same_v<std::invoke_result_t<F&, const sys::event&>, sys::next>) {
            return f(told);
        } else {
            f(told);
            return sys::next::go_on;
        }
    }
    F f;
};

struct trace_writer : pooled {
    virtual ~trace_writer() = default;
    virtual void operator()(std::string_view line) = 0;
};
template <class F>
struct trace_writer_of final : trace_writer {
    explicit trace_writer_of(F given) : f{std::move(given)} {}
    void operator()(std::string_view line) override { f(line); }
    F f;
};

// The server's side of the functions below.
sys::status status_of(const behaviour_body& by);
void set_statistics(behaviour_body& by, bool on);
std::optional<sys::server_statistics> statistics_of(const behaviour_body& by);
void set_log(behaviour_body& by, std::size_t limit);
std::vector<sys::event> events_of(const behaviour_body& by);
/// Null writer: the trace goes to reports.
void begin_trace(behaviour_body& by, std::unique_ptr<trace_writer> writer);
void end_trace(behaviour_body& by);
void install_function(behaviour_body& by, std::string id, std::unique_ptr<debug_function> function);
void remove_function(behaviour_body& by, const std::string& id);
void forget_debugging(behaviour_body& by);
system_answer<void> begin_log_to_file(behaviour_body& by, const std::string& path);
void end_log_to_file(behaviour_body& by);
template <class R, class Policy, class Work>
auto system_call(const sys::target& to, nanoseconds timeout, const char* function, Work work,
                 const char* callback = "system_message") {
    return system_awaiter<R, Policy>{to.resolved(), timeout, function, callback, std::move(work)};
}

/// The served object, or null if the server is of another class.
template <class T>
T* served_as(behaviour_body& by) {
    return by.served_class() == typeid(T) ? static_cast<T*>(by.served()) : nullptr;
}

template <class T>
constexpr void require_state() {
    static_assert(
        tells_state<T> || std::is_copy_constructible_v<T>,
        "this server cannot be copied, so get_state cannot return its state: add a member `auto "
        "state() const`, or read the text by sys::get_state(server.whereis())");
    require_message<state_of<T>>();
}

template <class T>
state_of<T> copy_of_state(const T& server) {
    if constexpr (tells_state<T>) {
        return server.state();
    } else {
        return server;
    }
}
template <class T>
system_answer<state_of<T>> read_state(behaviour_body& by) {
    const T* const server = served_as<T>(by);
    if (server == nullptr) {
        return std::unexpected{wrong_class(typeid(T), by.served_class())};
    }
    return copy_of_state(*server);
}

/// Changes nothing if an exception comes before the assignment of the new state.
template <class T, class F>
system_answer<state_of<T>> write_state(behaviour_body& by, F& f) {
    T* const server = served_as<T>(by);
    if (server == nullptr) {
        return std::unexpected{wrong_class(typeid(T), by.served_class())};
    }
    state_of<T> fresh = f(copy_of_state(*server));
    if constexpr (tells_state<T>) {
        server->replace_state(std::move(fresh));
    } else {
        *server = std::move(fresh);
    }
    return copy_of_state(*server);
}

template <class T, class F>
constexpr void require_replaceable() {
    require_state<T>();
    static_assert(std::is_invocable_r_v<state_of<T>, F&, state_of<T>>,
                  "replace_state takes a function from the state to the new state");
    if constexpr (tells_state<T>) {
        static_assert(
            requires(T& t, state_of<T> s) { t.replace_state(std::move(s)); },
            "this server has no replace_state(S) for the S that its state() returns");
    } else {
        static_assert(std::is_move_assignable_v<T>,
                      "this server cannot be assigned: add members state() and replace_state(S)");
    }
}

template <class T, class Policy>
auto ask_typed_state(const sys::target& to, nanoseconds timeout) {
    require_state<T>();
    return system_call<state_of<T>, Policy>(
        to, timeout, "get_state", [](behaviour_body& by) { return read_state<T>(by); },
        "system_get_state");
}
template <class T, class Policy, class F>
auto ask_new_state(const sys::target& to, F f, nanoseconds timeout) {
    require_replaceable<T, F>();
    return system_call<state_of<T>, Policy>(
        to, timeout, "replace_state",
        [f = std::move(f)](behaviour_body& by) mutable { return write_state<T>(by, f); },
        "system_replace_state");
}

template <class Policy, class Write>
auto ask_trace(const sys::target& to, Write write, nanoseconds timeout) {
    return system_call<void, Policy>(
        to, timeout, "trace", [write = std::move(write)](behaviour_body& by) mutable {
            begin_trace(by, std::make_unique<trace_writer_of<Write>>(std::move(write)));
            return system_answer<void>{};
        });
}
template <class Policy, class F>
auto ask_install(const sys::target& to, std::string id, F f, nanoseconds timeout) {
    return system_call<void, Policy>(
        to, timeout, "install", [id = std::move(id), f = std::move(f)](behaviour_body& by) mutable {
            install_function(by, std::move(id),
                             std::make_unique<debug_function_of<F>>(std::move(f)));
            return system_answer<void>{};
        });
}

}  // namespace detail

namespace sys {

/// An awaitable answer of type `R`; the caller exits if there is none.
template <class R>
using answer = detail::system_awaiter<R, detail::or_exit>;
/// An awaitable answer as a `std::expected<R, exit_reason>`.
template <class R>
using try_answer = detail::system_awaiter<R, detail::or_error>;

/// The time limit of all functions below: 5 s, as in OTP.
inline constexpr std::chrono::nanoseconds default_timeout = std::chrono::seconds{5};

/// Suspends a server until `resume`. No effect on a suspended server.
answer<void> suspend(const target& who, time_span timeout = default_timeout);
/// Lets a suspended server go on with its mailbox. No effect on a running server.
answer<void> resume(const target& who, time_span timeout = default_timeout);
/// The server answers and then stops with `why`, as by `stop`.
answer<void> terminate(const target& who, exit_reason why, time_span timeout = default_timeout);
/// The state as text, of a server of any class, as printed by show.hpp; `format_status` is not applied.
answer<std::string> get_state(const target& who, time_span timeout = default_timeout);
/// What the server and the debug functions of this header know of the server.
answer<status> get_status(const target& who, time_span timeout = default_timeout);
/// Always refused: a C++ program cannot change its code at run time.
answer<void> change_code(const target& who, time_span timeout = default_timeout);

/// Counts messages from now on, or ends the counts. If already on, the counts go on.
answer<void> statistics(const target& who, bool on, time_span timeout = default_timeout);
/// Empty unless `statistics` is on: OTP's no_statistics.
answer<std::optional<server_statistics>> get_statistics(const target& who,
                                                        time_span timeout = default_timeout);
/// Keeps the last events, or none; reports of the server include them. If already on, the size
/// stays the same.
answer<void> log(const target& who, log_mode mode, time_span timeout = default_timeout);
/// The kept events, oldest first; empty if the log is off.
answer<std::vector<event>> get_log(const target& who, time_span timeout = default_timeout);
/// Reports each event as a line, `*DBG* counter got cast increment{by: 1}`. The report has level debug but is
/// published at every report level except off.
answer<void> trace(const target& who, bool on, time_span timeout = default_timeout);
/// Writes each event as a line, in the format of `trace`, to a file that is emptied first. `false` ends the
/// log. A new file replaces the previous one. If a write fails, the log ends and a report says so. Errors:
/// `{open_file, why}`; the log is then off.
answer<void> log_to_file(const target& who, log_file file, time_span timeout = default_timeout);
/// Removes a debug function. Does nothing without a function of that id.
answer<void> remove(const target& who, std::string id, time_span timeout = default_timeout);
/// Ends statistics, log, trace and log_to_file, and removes all functions.
answer<void> no_debug(const target& who, time_span timeout = default_timeout);

/// The same functions, with errors as values.
try_answer<void> try_suspend(const target& who, time_span timeout = default_timeout);
try_answer<void> try_resume(const target& who, time_span timeout = default_timeout);
try_answer<void> try_terminate(const target& who, exit_reason why,
                               time_span timeout = default_timeout);
try_answer<std::string> try_get_state(const target& who, time_span timeout = default_timeout);
try_answer<status> try_get_status(const target& who, time_span timeout = default_timeout);
try_answer<void> try_change_code(const target& who, time_span timeout = default_timeout);
try_answer<void> try_statistics(const target& who, bool on, time_span timeout = default_timeout);
try_answer<std::optional<server_statistics>> try_get_statistics(
    const target& who, time_span timeout = default_timeout);
try_answer<void> try_log(const target& who, log_mode mode, time_span timeout = default_timeout);
try_answer<std::vector<event>> try_get_log(const target& who, time_span timeout = default_timeout);
try_answer<void> try_trace(const target& who, bool on, time_span timeout = default_timeout);
try_answer<void> try_log_to_file(const target& who, log_file file,
                                 time_span timeout = default_timeout);
try_answer<void> try_remove(const target& who, std::string id, time_span timeout = default_timeout);
try_answer<void> try_no_debug(const target& who, time_span timeout = default_timeout);

/// The state of a server of class T, see the table at the top.
template <class T>
answer<detail::state_of<T>> get_state(const server<T>& who, time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_exit>(who, timeout);
}
/// The same by pid or name, for a server that is known to be of class T.
template <class T>
answer<detail::state_of<T>> get_state(const target& who, time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_exit>(who, timeout);
}
/// As `get_state`, with errors as values.
template <class T>
try_answer<detail::state_of<T>> try_get_state(const server<T>& who,
                                              time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_error>(who, timeout);
}
template <class T>
try_answer<detail::state_of<T>> try_get_state(const target& who,
                                              time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_error>(who, timeout);
}

/// Replaces the server's state by `f(state)`, which runs in the server. If `f` throws, the state stays
/// unchanged, and the answer is `{callback_failed, {gen_server, system_replace_state}, {error, why}}`.
template <class T, class F>
answer<detail::state_of<T>> replace_state(const server<T>& who, F f,
                                          time_span timeout = default_timeout) {
    return detail::ask_new_state<T, detail::or_exit>(who, std::move(f), timeout);
}
/// As `replace_state`, with errors as values.
template <class T, class F>
try_answer<detail::state_of<T>> try_replace_state(const server<T>& who, F f,
                                                  time_span timeout = default_timeout) {
    return detail::ask_new_state<T, detail::or_error>(who, std::move(f), timeout);
}

/// Passes each event to `write(line)`, which runs in the server. An exception of `write` ends the trace.
template <std::invocable<std::string_view> Write>
answer<void> trace(const target& who, Write write, time_span timeout = default_timeout) {
    return detail::ask_trace<detail::or_exit>(who, std::move(write), timeout);
}
/// As `trace`, with errors as values.
template <std::invocable<std::string_view> Write>
try_answer<void> try_trace(const target& who, Write write, time_span timeout = default_timeout) {
    return detail::ask_trace<detail::or_error>(who, std::move(write), timeout);
}

/// Calls `f(event)` in the server for each event. `f` is removed when it answers `next::done` or throws. `f`
/// may keep state of its own, as a mutable lambda does. Does nothing if a function of that id is installed.
template <std::invocable<const event&> F>
answer<void> install(const target& who, std::string id, F f, time_span timeout = default_timeout) {
    return detail::ask_install<detail::or_exit>(who, std::move(id), std::move(f), timeout);
}
/// As `install`, with errors as values.
template <std::invocable<const event&> F>
try_answer<void> try_install(const target& who, std::string id, F f,
                             time_span timeout = default_timeout) {
    return detail::ask_install<detail::or_error>(who, std::move(id), std::move(f), timeout);
}

/// Debug options for a server from its first message on: OTP's `{debug, […]}` of a start.
///
///     start_link<counter>(named("hits").debug(sys::debug_options{}.log(50).statistics()), 0)
///     child<counter>(0).debug(sys::debug_options{}.log_to_file("hits.log"))
///
/// Actions of init are no events. If an option fails, for example because a file cannot be opened, a
/// report of level warning says so, and the server runs without the option. A value: each function returns
/// a copy with one more option.
class debug_options {
  public:
    /// As `sys::trace` with `true`.
    debug_options trace() const;
    /// As `sys::statistics` with `true`.
    debug_options statistics() const;
    /// As `sys::log`. `log_mode` throws `badarg_error` for a number that is not positive.
    debug_options log(log_mode mode = true) const;
    /// As `sys::log_to_file`. Throws `badarg_error` if the path is empty. Each start of the child
    /// empties the file.
    debug_options log_to_file(std::string path) const;
    /// As `sys::install`. Each start gets a copy of `f`.
    template <std::invocable<const event&> F>
    debug_options install(std::string id, F f) const {
        static_assert(std::is_copy_constructible_v<F>,
                      "each start of the server gets a copy of this debug function");
        return with([id = std::move(id), f = std::move(f)](detail::behaviour_body& by) {
            detail::install_function(by, id, std::make_unique<detail::debug_function_of<F>>(F{f}));
        });
    }

    /// The form that `start_options::debug` and `child_spec::debug` take.
    operator std::shared_ptr<const detail::debug_setup>() const;  // NOLINT: argument of a start

  private:
    template <class Step>
    struct step_of final : detail::debug_setup {
        explicit step_of(Step given) : step{std::move(given)} {}
        void apply(detail::behaviour_body& to) const override { step(to); }
        Step step;
    };
    template <class Step>
    debug_options with(Step step) const {
        debug_options more = *this;
        more.steps_.push_back(std::make_shared<const step_of<Step>>(std::move(step)));
        return more;
    }

    std::vector<std::shared_ptr<const detail::debug_setup>> steps_;
};

}  // namespace sys
}  // namespace coppice

#pragma GCC visibility pop
