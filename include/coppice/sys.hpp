// SPDX-License-Identifier: Apache-2.0
// sys: looks into a live server and holds it, whatever its class: gen_servers and both supervisors.
//
//     function                       running               suspended          the caller gets
//     suspend, resume                suspended, nothing    nothing, running
//     get_state                      yes                   yes                the state, as text or typed
//     replace_state                  yes                   yes                the new state
//     get_status                     yes                   yes                a `status`
//     terminate                      yes                   yes                its end begins
//     change_code                    refused               refused            {unknown_system_msg, change_code}
//     statistics, log, trace,        yes                   yes                what has been kept
//     log_to_file, install, remove,
//     no_debug
//
// Each is a system message: it waits in the mailbox for what came before it, and for the handler that runs.
// A server that is suspended takes only these, and the exit of its parent; everything else stays where it
// is, in order, and is handled after `resume`, also a call whose caller has given up meanwhile. A supervisor
// that is suspended restarts nothing until then. The time of `timeout_after` does not run while a server is
// suspended, and begins anew after every system message.
//
// What the state of a server is:
//
//     the class has                                     typed state    replace_state
//     auto state() const                                its result     void replace_state(S), if it has one
//     no state(); it can be copied                      the class      assigns, if it can be assigned
//     no state(); it cannot be copied                   none: does not compile
//
// A server may be debugged from its first message on, by `debug_options` of its start or of a child's spec.
//
// As text it is what show.hpp prints of it. `format_status() const`, if the class has it, tells what reports,
// traces, logs and `get_status` show instead; `get_state` shows the state itself.
//
// Threads    Inside a process.
// Blocking   Awaited, for five seconds unless told otherwise.
// Errors     The caller exits with `{why, {sys, function, [target, timeout]}}`, why as for a call: noproc,
//            timeout, calling_self, or the reason of the server's end. What the server answers comes bare:
//            `{callback_failed, …}` for a function that throws, `{wrong_class, asked, served}`,
//            `{open_file, why}`. Each
//            function has a `try_` form that answers `std::unexpected(why)` instead. A process that
//            is no server does not answer.
// Cost       A call. A server that nobody debugs pays nothing for it being possible; one that is logged,
//            traced, written to a file or watched by a function prints each message and its state. A file
//            is written by the server itself, which waits for the disk, and grows as long as it is on.
// Semantics  OTP's sys; docs/differences.md says what a class makes different.

#pragma once

#include <chrono>
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

#include "coppice/detail/system_request.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {
namespace sys {

/// Whom it is about: a pid, a name, or what stands for one.
class target {
  public:
    target(const pid& who) : to_{who, {}} {}  // NOLINT(google-explicit-constructor)
    template <class Name>
        requires std::convertible_to<const Name&, std::string_view>
    target(const Name& name) : target{std::string_view{name}, nullptr} {}  // NOLINT
    template <class T>
    target(const server<T>& who) : to_{who.target()} {}                               // NOLINT
    target(const detail::supervisor_handle& who) : to_{who.whereis(), who.name()} {}  // NOLINT

    const detail::call_target& resolved() const noexcept { return to_; }

  private:
    target(std::string_view name, std::nullptr_t /*unused*/)
        : to_{whereis(name), std::string{name}} {}

    detail::call_target to_;
};

enum class event_kind : std::uint8_t {
    call,       ///< A message came, whose sender waits for a reply.
    cast,       ///< A message came.
    info,       ///< Likewise, for `handle_info`; "timeout" if none came in time.
    reply,      ///< A handler has replied.
    noreply,    ///< A handler is done and has replied nothing.
    continued,  ///< `handle_continue` runs.
};

/// What a server that is debugged does.
struct event {
    event_kind kind = event_kind::info;
    pid peer;             ///< Who sent it, or who gets the reply.
    std::string message;  ///< The message or the reply.
    std::string state;    ///< After a handler; as `format_status` shows it, if there is one.

    bool operator==(const event&) const = default;
};
/// `got call get from <0.1.1>`, `sent 5 to <0.1.1>, new state counter{count: 5}`.
[[nodiscard]] std::string to_string(const event& e);

struct server_statistics {
    std::chrono::nanoseconds start_time{0};    ///< As `monotonic_time`.
    std::chrono::nanoseconds current_time{0};  ///< Likewise.
    std::uint64_t reductions = 0;
    std::uint64_t messages_in = 0;   ///< No system messages.
    std::uint64_t messages_out = 0;  ///< Replies of handlers.
};

/// What a supervisor tells besides.
struct supervisor_status {
    std::string strategy;  ///< "dynamic" for a dynamic supervisor.
    std::int64_t max_restarts = 0;
    std::chrono::seconds max_seconds{0};
    std::string auto_shutdown = "never";
    std::size_t max_children = SIZE_MAX;  ///< Of a dynamic supervisor.
    std::int64_t restarts = 0;            ///< Carried out since its start.
    std::int64_t window_restarts = 0;     ///< That count now towards `max_restarts`.
    std::vector<child_info> children;     ///< Oldest first where there is an order.
};

enum class server_state : std::uint8_t { running, suspended };
[[nodiscard]] std::string_view to_string(server_state state) noexcept;

/// What any server tells of itself.
struct status {
    pid process;
    std::string name;    ///< The registered name, if it has one.
    std::string module;  ///< Its class.
    server_state state = server_state::running;
    pid parent;  ///< Itself if it was started alone, as in OTP; empty if from outside of the runtime.
    std::string shown_state;
    bool traces = false;
    std::string log_file;  ///< Where `log_to_file` writes; empty if it is off.
    std::optional<server_statistics> statistics;
    std::vector<event> log;              ///< Oldest first.
    std::vector<std::string> functions;  ///< The ids of installed functions.
    std::optional<supervisor_status> supervisor;
};

/// `true` for ten events, a number for so many, `false` for none.
class log_mode {
  public:
    log_mode(std::same_as<bool> auto on) : limit_{on ? std::size_t{10} : 0} {}  // NOLINT
    /// Throws `badarg_error` if the number is not positive.
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    log_mode(Number limit)  // NOLINT(google-explicit-constructor): log(who, 50)
        : limit_{limit > 0 ? static_cast<std::size_t>(limit) : refuse_limit()} {}

    std::size_t limit() const noexcept { return limit_; }

  private:
    [[noreturn]] static std::size_t refuse_limit();

    std::size_t limit_;
};

/// The path of a file, or `false` for none.
class log_file {
  public:
    /// Throws `badarg_error` if it is true: a file has a path.
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

    const std::string& path() const noexcept { return path_; }

  private:
    [[noreturn]] static void refuse_path();

    std::string path_;
};

/// What a debug function answers if it answers anything: whether it wants more events.
enum class next : std::uint8_t { go_on, done };

}  // namespace sys

namespace detail {

/// Calls what is the user's.
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

// What the functions below make the server do.
sys::status status_of(const server_base& by);
void set_statistics(server_base& by, bool on);
std::optional<sys::server_statistics> statistics_of(const server_base& by);
void set_log(server_base& by, std::size_t limit);
std::vector<sys::event> events_of(const server_base& by);
/// Null: traces are reports.
void begin_trace(server_base& by, std::unique_ptr<trace_writer> writer);
void end_trace(server_base& by);
void install_function(server_base& by, std::string id, std::unique_ptr<debug_function> function);
void remove_function(server_base& by, const std::string& id);
void forget_debugging(server_base& by);
system_answer<void> begin_log_to_file(server_base& by, const std::string& path);
void end_log_to_file(server_base& by);
template <class R, class Policy, class Work>
auto system_call(const sys::target& to, nanoseconds timeout, const char* function, Work work,
                 const char* callback = "system_message") {
    return system_awaiter<R, Policy>{to.resolved(), timeout, function, callback, std::move(work)};
}

/// The server, if it is one of that class.
template <class T>
T* served_as(server_base& by) {
    return by.served_class() == typeid(T) ? static_cast<server_body<T>&>(by).served() : nullptr;
}

template <class T>
constexpr void require_state() {
    static_assert(tells_state<T> || std::is_copy_constructible_v<T>,
                  "this server cannot be copied, so its state cannot be had: give it `auto state() "
                  "const`, or ask for the text, sys::get_state(server.whereis())");
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
system_answer<state_of<T>> read_state(server_base& by) {
    const T* const server = served_as<T>(by);
    if (server == nullptr) {
        return std::unexpected{wrong_class(typeid(T), by.served_class())};
    }
    return copy_of_state(*server);
}

/// If it throws before the state is the new one, nothing has changed.
template <class T, class F>
system_answer<state_of<T>> write_state(server_base& by, F& f) {
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
                      "this server cannot be assigned: give it state() and replace_state(S)");
    }
}

template <class T, class Policy>
auto ask_typed_state(const sys::target& to, nanoseconds timeout) {
    require_state<T>();
    return system_call<state_of<T>, Policy>(
        to, timeout, "get_state", [](server_base& by) { return read_state<T>(by); },
        "system_get_state");
}
template <class T, class Policy, class F>
auto ask_new_state(const sys::target& to, F f, nanoseconds timeout) {
    require_replaceable<T, F>();
    return system_call<state_of<T>, Policy>(
        to, timeout, "replace_state",
        [f = std::move(f)](server_base& by) mutable { return write_state<T>(by, f); },
        "system_replace_state");
}

template <class Policy, class Write>
auto ask_trace(const sys::target& to, Write write, nanoseconds timeout) {
    return system_call<void, Policy>(
        to, timeout, "trace", [write = std::move(write)](server_base& by) mutable {
            begin_trace(by, std::make_unique<trace_writer_of<Write>>(std::move(write)));
            return system_answer<void>{};
        });
}
template <class Policy, class F>
auto ask_install(const sys::target& to, std::string id, F f, nanoseconds timeout) {
    return system_call<void, Policy>(
        to, timeout, "install", [id = std::move(id), f = std::move(f)](server_base& by) mutable {
            install_function(by, std::move(id),
                             std::make_unique<debug_function_of<F>>(std::move(f)));
            return system_answer<void>{};
        });
}

}  // namespace detail

namespace sys {

/// An answer of `R`; the caller exits when there is none.
template <class R>
using answer = detail::system_awaiter<R, detail::or_exit>;
/// Likewise, as a `std::expected<R, exit_reason>`.
template <class R>
using try_answer = detail::system_awaiter<R, detail::or_error>;

inline constexpr std::chrono::nanoseconds default_timeout = std::chrono::seconds{5};

answer<void> suspend(const target& who, time_span timeout = default_timeout);
answer<void> resume(const target& who, time_span timeout = default_timeout);
/// The server answers and then stops with `why`, as by `stop`.
answer<void> terminate(const target& who, exit_reason why, time_span timeout = default_timeout);
/// The state as text, of a server of any class.
answer<std::string> get_state(const target& who, time_span timeout = default_timeout);
answer<status> get_status(const target& who, time_span timeout = default_timeout);
/// Always refused: a program in C++ has one code.
answer<void> change_code(const target& who, time_span timeout = default_timeout);

/// Counts messages from now on; already counting, it goes on counting.
answer<void> statistics(const target& who, bool on, time_span timeout = default_timeout);
/// Empty unless `statistics` is on: OTP's no_statistics.
answer<std::optional<server_statistics>> get_statistics(const target& who,
                                                        time_span timeout = default_timeout);
/// Keeps the last events, which the server's reports then show; already on, its size stays.
answer<void> log(const target& who, log_mode mode, time_span timeout = default_timeout);
/// Oldest first; none if it is off.
answer<std::vector<event>> get_log(const target& who, time_span timeout = default_timeout);
/// Reports each event as a line, `*DBG* counter got cast increment{by: 1}`, of level debug whatever
/// level is on.
answer<void> trace(const target& who, bool on, time_span timeout = default_timeout);
/// Writes each event as a line, as `trace` has it, to a file that is emptied first; `false` ends it. Another
/// file takes the place of the one before. A file that cannot be written to any more is left, and a report
/// says so. Errors: `{open_file, why}`; then it is off.
answer<void> log_to_file(const target& who, log_file file, time_span timeout = default_timeout);
/// Removes a debug function; nothing if there is none.
answer<void> remove(const target& who, std::string id, time_span timeout = default_timeout);
/// Ends statistics, log, trace and log_to_file, and removes all functions.
answer<void> no_debug(const target& who, time_span timeout = default_timeout);

// The same, with errors as values.
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

/// The state of a server of class T, see the head of this file.
template <class T>
answer<detail::state_of<T>> get_state(const server<T>& who, time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_exit>(who, timeout);
}
template <class T>
answer<detail::state_of<T>> get_state(const target& who, time_span timeout = default_timeout) {
    return detail::ask_typed_state<T, detail::or_exit>(who, timeout);
}
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

/// The server's state becomes `f(state)`, which runs in the server. If it throws nothing changes, and the
/// answer is `{callback_failed, {gen_server, system_replace_state}, {error, why}}`.
template <class T, class F>
answer<detail::state_of<T>> replace_state(const server<T>& who, F f,
                                          time_span timeout = default_timeout) {
    return detail::ask_new_state<T, detail::or_exit>(who, std::move(f), timeout);
}
template <class T, class F>
try_answer<detail::state_of<T>> try_replace_state(const server<T>& who, F f,
                                                  time_span timeout = default_timeout) {
    return detail::ask_new_state<T, detail::or_error>(who, std::move(f), timeout);
}

/// Each event goes to `write(line)`, which runs in the server; one that throws ends the trace.
template <std::invocable<std::string_view> Write>
answer<void> trace(const target& who, Write write, time_span timeout = default_timeout) {
    return detail::ask_trace<detail::or_exit>(who, std::move(write), timeout);
}
template <std::invocable<std::string_view> Write>
try_answer<void> try_trace(const target& who, Write write, time_span timeout = default_timeout) {
    return detail::ask_trace<detail::or_error>(who, std::move(write), timeout);
}

/// Calls `f(event)` in the server for each event until it answers `next::done` or throws: then it is
/// removed. It keeps its own state, as a mutable lambda does. Nothing changes if there is one of that id.
template <std::invocable<const event&> F>
answer<void> install(const target& who, std::string id, F f, time_span timeout = default_timeout) {
    return detail::ask_install<detail::or_exit>(who, std::move(id), std::move(f), timeout);
}
template <std::invocable<const event&> F>
try_answer<void> try_install(const target& who, std::string id, F f,
                             time_span timeout = default_timeout) {
    return detail::ask_install<detail::or_error>(who, std::move(id), std::move(f), timeout);
}

/// What a server is debugged with from its first message on: OTP's `{debug, […]}` of a start.
///
///     start_link<counter>(named("hits").debug(sys::debug_options{}.log(50).statistics()), 0)
///     child<counter>(0).debug(sys::debug_options{}.log_to_file("hits.log"))
///
/// What init does is no event. An option that fails, as a file that cannot be opened, is reported with level
/// warning, and the server serves without it. A value: each function gives a copy with one more option.
class debug_options {
  public:
    debug_options trace() const;
    debug_options statistics() const;
    /// Throws `badarg_error` as `log_mode` does.
    debug_options log(log_mode mode = true) const;
    /// Throws `badarg_error` if the path is empty. Each life of a child empties the file.
    debug_options log_to_file(std::string path) const;
    /// Each start gets a copy of `f`.
    template <std::invocable<const event&> F>
    debug_options install(std::string id, F f) const {
        static_assert(std::is_copy_constructible_v<F>,
                      "each start of the server gets a copy of this debug function");
        return with([id = std::move(id), f = std::move(f)](detail::server_base& by) {
            detail::install_function(by, id, std::make_unique<detail::debug_function_of<F>>(F{f}));
        });
    }

    operator std::shared_ptr<const detail::debug_setup>() const;  // NOLINT: of a start

  private:
    template <class Step>
    struct step_of final : detail::debug_setup {
        explicit step_of(Step given) : step{std::move(given)} {}
        void apply(detail::server_base& to) const override { step(to); }
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
