// SPDX-License-Identifier: Apache-2.0
// Processes: share no memory, communicate by messages, crash alone.
//
// A process runs a function. A function that returns `task<>` is a coroutine and may wait. Any other
// function runs in one turn. Returning from the function ends the process with reason `normal`. An exception
// that leaves the function is a crash. `exit(why)` ends the process with `why`. The functions below act for
// the calling process.
//
// Threads    Only inside a process, unless stated otherwise. A call on any other thread ends the program with
//            a message. Other threads use the members of `runtime`.
// The dead   A killed process whose handler still runs can no longer do anything: requests have no effect,
//            results are empty, and nothing is thrown. The same holds for destructors of objects that the
//            runtime destroys outside of any process. Destructors of an ending process may send and spawn,
//            but errors are not reported to such destructors by exceptions.
// Blocking   Only functions that are awaited.
// Ownership  A process owns its function, the arguments and the mailbox, and destroys all three at its end,
//            once the running handler has returned. Pids and refs keep nothing alive.
// Errors     `badarg_error` and `noproc_error`, as stated with each function. An uncaught exception ends the
//            process, with the exception as the reason.
// Cost       O(1) for spawn, send, link, monitor and a look-up of a name, unless stated otherwise.
// Semantics  As Erlang's BIFs of the same names.
// Today      No layer connects nodes: signals reach processes of the own runtime only. `process_information`
//            may gain fields.

#pragma once

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/address.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/detail/kernel.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/mailbox_limit.hpp"
#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// An exit signal as a message, for a process that traps exits. The cause is the end of a linked process or a
/// call of `exit(pid, why)`.
struct exit_message {
    /// The linked process, or the sender. Empty if the signal came from outside of the runtime.
    pid from;
    exit_reason why;  ///< Never `kill`, which cannot be trapped.
};
/// `{'EXIT',<0.7.1>,shutdown}`.
[[nodiscard]] std::string to_string(const exit_message& m);

/// The message of a monitor: the monitored process ended, or did not exist (`noproc`).
struct down_message {
    ref monitor;       ///< The result of `monitor` or `spawn_monitor`.
    pid process;       ///< Empty if no process had the monitored name.
    std::string name;  ///< The name, if the monitor was set by name.
    exit_reason why;   ///< `noproc` if the process did not exist when the monitor was set.
};
/// `{'DOWN',#Ref<…>,process,<0.7.1>,shutdown}`; the name in place of the pid if the monitor was set by name.
[[nodiscard]] std::string to_string(const down_message& m);

/// Erlang's `badarg`: an invalid argument, such as a name that is taken, unknown or not allowed.
class badarg_error : public std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};
/// Erlang's `noproc`: linking to a process that has ended, without trapping exits.
class noproc_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {

/// Thrown by `exit(why)`. Not derived from std::exception: code that catches errors does not catch an exit.
struct process_exit {
    exit_reason why;
};

template <class F>
class function_body final : public body {
  public:
    explicit function_body(F f) : f_{std::move(f)} {}

    void start() override {
        if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            f_();
            end_process(reason::normal);
        } else {
            static_assert(std::is_same_v<std::invoke_result_t<F&>, task<>>,
                          "the function of a process returns void or coppice::task<>");
            run_task(f_());  // f_ outlives the coroutine: a coroutine lambda refers to its captures
        }
    }
    void on_task_done() override { end_process(reason::normal); }
    std::string initial_call() const override { return readable_type_name(typeid(F)); }

  private:
    F f_;
};

template <class F, class... Args>
std::unique_ptr<body> make_function_body(F&& f, Args&&... args) {
    if constexpr (sizeof...(Args) == 0) {
        return std::make_unique<function_body<std::decay_t<F>>>(std::forward<F>(f));
    } else {
        (require_message<kept_t<Args>>(), ...);
        auto call = [f = std::decay_t<F>(std::forward<F>(f)),
                     ... held = kept_t<Args>(std::forward<Args>(args))]() mutable {
            return f(std::move(held)...);
        };
        return std::make_unique<function_body<decltype(call)>>(std::move(call));
    }
}

}  // namespace detail

/// Starts a process that runs `f(args...)`. `f` and the arguments are moved or copied into the new process.
template <class F, class... Args>
pid spawn(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...), {});
}

/// As `spawn`, and links the new process to the caller before the new process runs: the caller cannot miss
/// the end of the new process.
template <class F, class... Args>
pid spawn_link(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.link = true});
}

/// The result of `spawn_monitor`; both are empty if the caller is dead.
struct monitored_process {
    pid process;  ///< The new process.
    ref monitor;  ///< For `demonitor`, and in the `down_message`.
};

/// As `spawn`, and monitors the new process before it runs.
template <class F, class... Args>
monitored_process spawn_monitor(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    const std::uint64_t tag = detail::new_tag();
    const pid started = detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.monitor_tag = tag});
    return {started, started ? ref{tag} : ref{}};
}

/// As `spawn`, `spawn_link` and `spawn_monitor`, with a limit on the mailbox of the new process. Throws
/// `badarg_error` for a wrong limit.
template <std::same_as<mailbox_limit> L, class F, class... Args>
pid spawn(L limit, F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.limit = &detail::checked(limit)});
}
template <std::same_as<mailbox_limit> L, class F, class... Args>
pid spawn_link(L limit, F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.link = true, .limit = &detail::checked(limit)});
}
template <std::same_as<mailbox_limit> L, class F, class... Args>
monitored_process spawn_monitor(L limit, F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    const std::uint64_t tag = detail::new_tag();
    const pid started = detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.monitor_tag = tag, .limit = &detail::checked(limit)});
    return {started, started ? ref{tag} : ref{}};
}

/// The pid of the calling process.
[[nodiscard]] inline pid self() {
    return detail::current_pid();
}

/// Sends a message. A message to a process that has ended is dropped, without an error.
template <class M>
void send(const pid& to, M&& m) {
    if constexpr (std::is_same_v<std::decay_t<M>, any_message>) {
        detail::forward(to, detail::owned_message{detail::make_message(std::forward<M>(m))});
    } else {
        detail::deliver(to, detail::make_message(std::forward<M>(m)));
    }
}

/// Sends a message to the process that has the name now. Throws `badarg_error` if no process has the name.
template <class M>
void send(std::string_view to, M&& m) {
    send(detail::named_receiver(to), std::forward<M>(m));
}

/// Sends a message to an address: as to a pid, or as to a name. A key of a registry is like a name.
template <class M, std::same_as<address> To>
void send(const To& to, M&& m) {
    send(detail::receiver_at(to), std::forward<M>(m));
}

namespace detail {

/// A message that was not sent goes back into the argument.
template <class M>
void give_back(owned_message& message, M& to) {
    using value = std::decay_t<M>;
    if constexpr (!std::is_const_v<M> && std::is_move_assignable_v<value> &&
                  std::is_same_v<kept_t<value>, value>) {
        if (message != nullptr) {
            to = std::move(static_cast<value_message<value>&>(*message).value);
        }
    }
}

}  // namespace detail

/// As `send`, for a receiver whose mailbox may have a limit: tells what has become of the message, see
/// mailbox_limit.hpp. Does not wait for room. A message that was passed as an rvalue and not sent is in `m` again,
/// if its type has a move assignment. A message that was received is forwarded by `send`, not by this function.
template <class M>
send_status try_send(const pid& to, M&& m) {
    static_assert(!std::is_same_v<std::decay_t<M>, any_message>,
                  "try_send takes a value; send forwards a message that was received");
    detail::owned_message message{detail::make_message(std::forward<M>(m))};
    const send_status out = detail::try_deliver(to, message);
    if constexpr (!std::is_lvalue_reference_v<M>) {
        detail::give_back(message, m);
    }
    return out;
}
/// The same to the process that has the name now; `gone` if no process has the name.
template <class M>
send_status try_send(std::string_view to, M&& m) {
    return try_send(detail::whereis_name(to), std::forward<M>(m));
}

/// Sends a message that is built in place: `send<put>(to, "key", 1)`.
template <class M, class... Args>
    requires detail::builds_in_place<M, Args...>
void send(const pid& to, Args&&... args) {
    M m{std::forward<Args>(args)...};
    detail::deliver(to, detail::make_message(std::move(m)));
}
/// The same to the process that has the name now.
template <class M, class... Args>
    requires detail::builds_in_place<M, Args...>
void send(std::string_view to, Args&&... args) {
    send<M>(detail::named_receiver(to), std::forward<Args>(args)...);
}
/// The same to an address.
template <class M, std::same_as<address> To, class... Args>
    requires detail::builds_in_place<M, Args...>
void send(const To& to, Args&&... args) {
    send<M>(detail::receiver_at(to), std::forward<Args>(args)...);
}

/// Ends the calling process with `why`, by an exception that is not a std::exception. Destructors run.
[[noreturn]] void exit(exit_reason why);
/// Deleted, because `exit(int)` would end the whole program. Call `std::exit` for that purpose.
void exit(int) = delete;

/// Sends an exit signal. The effect depends on the reason and on whether `to` traps exits:
///
///     reason     `to` does not trap    `to` traps
///     normal     nothing (*)           receives exit_message
///     kill       ends, `killed`        ends, `killed`
///     other      ends, same reason     receives exit_message
///
/// (*) A process that sends `normal` to itself ends.
void exit(const pid& to, exit_reason why);

/// Links the caller and `to`: when one process ends, the other gets an exit signal with the reason. If `to`
/// has ended, a caller that traps exits receives an `exit_message` with `noproc`, and for any other caller
/// the function throws `noproc_error`. A second link to the same process has no effect, and neither has a
/// link to the caller itself. If `to` is of another node without a connection, the caller gets an exit signal
/// with `noconnection`.
void link(const pid& to);
/// Removes a link. Afterwards no exit signal of the link arrives. An `exit_message` that is already in
/// the mailbox stays.
void unlink(const pid& from);

/// Monitors a process: the caller receives one `down_message` when `target` ends. If `target` has already
/// ended, the message comes at once, with `noproc`; with `noconnection` if `target` is of another node without
/// a connection. A monitor of the caller itself never fires.
ref monitor(const pid& target);
/// Monitors the process that has the name now. Later changes of the name have no effect. If no process has
/// the name, the `down_message` comes at once, with `noproc`.
ref monitor(std::string_view name);
/// Monitors an address: as a pid, or as a name. A key of a registry means the process that has the key now.
template <std::same_as<address> To>
ref monitor(const To& to) {
    return to.is_name() ? monitor(std::string_view{to.name()}) : monitor(to.whereis());
}

/// What happens to a `down_message` that has already arrived: it stays in the mailbox, or `flush` removes it.
enum class demonitor_option : bool { keep_messages, flush };
/// Removes one of the caller's monitors. With `flush`, also removes the monitor's `down_message` from the
/// mailbox. Returns whether the monitor was still active.
bool demonitor(ref which, demonitor_option option = demonitor_option::keep_messages);

/// Switches trapping on or off: with `true`, exit signals become messages. Returns the previous setting.
bool trap_exit(bool on);

/// Gives a process a name. Throws `badarg_error` if the name is empty, `undefined` or taken, or if the
/// process has ended or already has a name. When the process ends, the name is free before any linked or
/// monitoring process is notified.
void register_name(std::string_view name, const pid& who);
/// Frees the name. Throws `badarg_error` if no process has the name.
void unregister_name(std::string_view name);
/// The process that has the name; the empty pid if no process has the name.
[[nodiscard]] inline pid whereis(std::string_view name) {
    return detail::whereis_name(name);
}
/// All registered names, sorted. Cost: copies all names.
[[nodiscard]] std::vector<std::string> registered();

/// Scheduling priority, a hint as in OTP. Ready processes at `max` run before processes at `high`, and both
/// before all others. While other processes are ready, `low` gets one turn in eight. The simulator explores
/// all orders and ignores priorities.
enum class priority_level : std::uint8_t { low, normal, high, max };
/// Sets the caller's priority, from the next turn on. Returns the previous priority.
priority_level priority(priority_level level);
/// `low`, `normal`, `high` or `max`.
[[nodiscard]] std::string_view to_string(priority_level level);

/// `running`: a turn of the process goes on. `runnable`: the process waits for a turn. `waiting`: for a
/// message or a signal. `process_info`, which is answered between two turns, never tells `running`.
enum class process_status : std::uint8_t { running, runnable, waiting };
/// `running`, `runnable` or `waiting`.
[[nodiscard]] std::string_view to_string(process_status status);

/// The number of queued messages of one type.
struct mailbox_count {
    std::string type;       ///< In C++ notation; "?" if unknown.
    std::size_t count = 0;  ///< At least one.
};

/// The state of a process as seen by other processes.
struct process_information {
    pid process;                  ///< The process in question.
    std::string registered_name;  ///< Empty if the process has no name.
    std::string initial_call;     ///< The type of the function or server that the process runs.
    std::string child_id;  ///< The id of a supervised server; empty under a dynamic supervisor.
    process_status status = process_status::waiting;  ///< Never `running`.
    std::size_t message_queue_len = 0;                ///< Messages in the mailbox.
    std::vector<pid> links;                           ///< The linked processes.
    std::vector<pid> monitors;  ///< The monitored processes, once for each monitor.
    /// The monitoring processes, once for each monitor. Includes callers that wait for a reply.
    std::vector<pid> monitored_by;
    bool trap_exit = false;                            ///< Whether exit signals become messages.
    priority_level priority = priority_level::normal;  ///< As set by `priority`.
    std::uint64_t reductions = 0;                      ///< See `runtime_options::turn_budget`.
    pid parent;  ///< The process that spawned this one; empty if spawned from outside.
    /// Parent first. A longer ancestry is cut to 17 to 32 entries; the oldest ancestor is kept.
    std::vector<std::string> ancestors;
    bool is_supervisor = false;  ///< Of either kind.
    /// Queued messages by type, the most frequent type first. Counts only the first 1,000 messages. A call or
    /// cast counts under the type of the request.
    std::vector<mailbox_count> mailbox;
    /// Of a server: the message type whose handler is suspended in a wait. Empty if no handler is active.
    std::string handling;
    detail::nanoseconds age{0};  ///< Resolution about 20 ms.
    /// `gen_server`, `supervisor` or `dynamic_supervisor`; empty for a function.
    std::string behaviour;
    mailbox_limit limit;  ///< Of the mailbox. `limit.limit` is 0 for a mailbox without a limit.
    std::uint64_t refused =
        0;  ///< Messages that found the mailbox full, under the policy `refuse`.
    std::uint64_t dropped = 0;  ///< Messages that were dropped, under the other policies.
};

/// Whether the process is alive. Ordered after all signals that the caller sent to the process.
[[nodiscard]] task<bool> is_alive(pid who);
/// One entry; none if the process has ended. Ordered after all signals that the caller sent to the process.
[[nodiscard]] task<std::vector<process_information>> process_info(pid who);

namespace detail {
/// `answered` is false if the timeout passed first, as for a process in a long turn.
struct late_information {
    bool answered = false;
    std::vector<process_information> information;
};
task<late_information> process_info_within(pid who, nanoseconds timeout);
}  // namespace detail

/// All live processes of the caller's runtime, in no particular order. Cost: O(slots in use).
[[nodiscard]] std::vector<pid> processes();

/// Time since the runtime was made, by the runtime's clock. For measuring durations.
[[nodiscard]] inline detail::nanoseconds monotonic_time() {
    return detail::now();
}

/// Waits for a time. Meanwhile the process handles exit signals, but takes no messages.
class [[nodiscard("co_await it")]] sleep_awaiter final : detail::timed_waiter {
  public:
    /// The time begins when the sleep is awaited.
    explicit sleep_awaiter(time_span time) : time_{time} {}
    /// For the compiler: the three steps of `co_await`.
    bool await_ready() const noexcept { return false; }
    void await_suspend(detail::suspended here) { suspend(here, time_); }
    void await_resume() const noexcept {}

  private:
    detail::nanoseconds time_;
};

/// `co_await sleep(250ms)`: wakes at the earliest when `time` has passed by the runtime's clock.
[[nodiscard]] inline sleep_awaiter sleep(time_span time) {
    return sleep_awaiter{time};
}

/// Ends the turn: all other ready processes may run first.
class [[nodiscard("co_await it")]] yield_awaiter : public detail::awaitable {
  public:
    /// For the compiler: the three steps of `co_await`.
    bool await_ready() const noexcept { return false; }
    void await_suspend(detail::suspended here) const;
    void await_resume() const noexcept {}
};
/// `co_await yield()`.
[[nodiscard]] inline yield_awaiter yield() {
    return {};
}

/// As `yield`, but only if the turn has used up its budget or the watchdog has found the turn too long.
/// Otherwise the cost is some ns. For loops that send many messages or compute for long without waiting: a
/// turn ends only at a `co_await`. In a loop that only sends, back-pressure takes effect here, and keeps the
/// receiver's mailbox short. BEAM counts reductions by itself.
class [[nodiscard("co_await it")]] due_yield_awaiter : public yield_awaiter {
  public:
    /// True if the turn goes on.
    bool await_ready() const;
};
/// `co_await yield_if_due()`.
[[nodiscard]] inline due_yield_awaiter yield_if_due() {
    return {};
}

}  // namespace coppice

#pragma GCC visibility pop
