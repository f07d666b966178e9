// SPDX-License-Identifier: Apache-2.0
// Processes: share no memory, talk by messages, crash alone.
//
// A process is a function. If it returns `task<>` it is a coroutine and may wait; otherwise it runs
// in one go. Falling off its end is exit reason `normal`; an exception that leaves it is a crash;
// `exit(why)` ends it with `why`. The functions below act for the process that calls them.
//
// Threads    Only inside a process, unless said otherwise; elsewhere they end the program with a
//            message. Other threads use `runtime`.
// The dead   A process that was killed while its handler goes on can do nothing: what it asks for does
//            not happen, the answer is an empty one, and nothing is thrown. The same holds for the
//            destructors of what the runtime destroys outside of all processes. When a process ends
//            its destructors may send and spawn; they are told of no error by an exception.
// Blocking   Only what is awaited.
// Semantics  Those of Erlang's BIFs of the same names.

#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/kernel.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// A linked process ended, or somebody called `exit(pid, why)`: what a process that traps exits
/// receives.
struct exit_message {
    pid from;
    exit_reason why;
};
[[nodiscard]] std::string to_string(const exit_message& m);

/// A monitored process ended, or did not exist (`noproc`).
struct down_message {
    ref monitor;
    pid process;       ///< Empty if a name was monitored that nobody had.
    std::string name;  ///< The name, if it was monitored by name.
    exit_reason why;
};
[[nodiscard]] std::string to_string(const down_message& m);

/// Erlang's `badarg`: a name that is taken, unknown or not allowed.
class badarg_error : public std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};
/// Erlang's `noproc`: linking to a process that has ended, without trapping exits.
class noproc_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {

/// Thrown by `exit(why)`. Not a std::exception: catching errors does not catch an exit.
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
            run_task(f_());  // f_ stays here: a coroutine lambda uses its captures to the end
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

/// Starts a process that runs `f(args...)`. The arguments are moved or copied into it.
template <class F, class... Args>
pid spawn(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...), {});
}

/// As `spawn`, and links the two before the new one runs: its end cannot be missed.
template <class F, class... Args>
pid spawn_link(F&& f, Args&&... args) {
    detail::require_safe_arguments<Args...>();
    return detail::spawn_process(
        detail::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
        {.link = true});
}

struct monitored_process {
    pid process;
    ref monitor;
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

/// The pid of the calling process.
[[nodiscard]] inline pid self() {
    return detail::current_pid();
}

/// Sends a message. A process that has ended does not get it, and nobody is told.
template <class M>
void send(const pid& to, M&& m) {
    if constexpr (std::is_same_v<std::decay_t<M>, any_message>) {
        detail::forward(to, detail::owned_message{detail::make_message(std::forward<M>(m))});
    } else {
        detail::deliver(to, detail::make_message(std::forward<M>(m)));
    }
}

/// Sends a message to whoever has the name now. Throws `badarg_error` when nobody has.
template <class M>
void send(std::string_view to, M&& m) {
    send(detail::named_receiver(to), std::forward<M>(m));
}

/// The same with the message built in place: `send<put>(to, "key", 1)`.
template <class M, class... Args>
    requires detail::builds_in_place<M, Args...>
void send(const pid& to, Args&&... args) {
    M m{std::forward<Args>(args)...};
    detail::deliver(to, detail::make_message(std::move(m)));
}
template <class M, class... Args>
    requires detail::builds_in_place<M, Args...>
void send(std::string_view to, Args&&... args) {
    send<M>(detail::named_receiver(to), std::forward<Args>(args)...);
}

/// Ends the calling process with `why`. Destructors run; nothing that catches std::exception sees
/// it.
[[noreturn]] void exit(exit_reason why);
/// Not a process's end but the whole program's: say `std::exit` if that is meant.
void exit(int) = delete;

/// Sends an exit signal. What it does depends on the reason and on whether `to` traps exits:
///
///     reason     `to` does not trap    `to` traps
///     normal     nothing (*)           receives exit_message
///     kill       ends, `killed`        ends, `killed`
///     other      ends with it          receives exit_message
///
/// (*) but a process that sends it to itself ends.
void exit(const pid& to, exit_reason why);

/// Links the caller and `to`: when one ends, the other gets an exit signal with the reason.
/// Throws `noproc_error` when `to` has ended and the caller does not trap exits; when it does, it
/// receives an `exit_message` with `noproc`. Linking again, or to oneself, does nothing.
void link(const pid& to);
/// After this no exit signal of the link arrives; one that has already become a message stays.
void unlink(const pid& from);

/// Asks for one `down_message` when `target` ends; with `noproc` at once if it has ended already.
ref monitor(const pid& target);
/// Monitors the process that has the name now. What happens to the name later does not matter.
ref monitor(std::string_view name);

enum class demonitor_option : bool { keep_messages, flush };
/// Ends a monitor of the caller's. With `flush` also takes its `down_message` out of the mailbox.
/// Returns whether the monitor was still active.
bool demonitor(ref which, demonitor_option option = demonitor_option::keep_messages);

/// Turns exit signals into messages, or no longer. Returns what was before.
bool trap_exit(bool on);

/// Gives a process a name. Throws `badarg_error` if the name is empty or taken, the process has a
/// name or has ended. The name is free again before anybody hears of the process's end.
void register_name(std::string_view name, const pid& who);
/// Throws `badarg_error` if nobody has the name.
void unregister_name(std::string_view name);
/// The process that has the name; empty if none has.
[[nodiscard]] inline pid whereis(std::string_view name) {
    return detail::whereis_name(name);
}
/// All names, sorted.
[[nodiscard]] std::vector<std::string> registered();

/// How urgently a process is to run. A hint, as in OTP: who is ready at `max` goes before who is at
/// `high`, and both before all others; `low` has one turn for eight of theirs. The simulator, which
/// tries all orders, does not heed it.
enum class priority_level : std::uint8_t { low, normal, high, max };
/// Changes the caller's, from its next turn on. Returns what it was.
priority_level priority(priority_level level);
[[nodiscard]] std::string_view to_string(priority_level level);

enum class process_status : std::uint8_t { running, runnable, waiting };
[[nodiscard]] std::string_view to_string(process_status status);

/// Messages of one type that wait.
struct mailbox_count {
    std::string type;
    std::size_t count = 0;
};

/// What a process looks like from outside.
struct process_information {
    pid process;
    std::string registered_name;
    std::string initial_call;
    std::string child_id;  ///< Of a server in its supervisor; empty in a dynamic one.
    process_status status = process_status::waiting;
    std::size_t message_queue_len = 0;
    std::vector<pid> links;
    std::vector<pid> monitors;
    std::vector<pid> monitored_by;
    bool trap_exit = false;
    priority_level priority = priority_level::normal;
    std::uint64_t reductions = 0;  ///< See `runtime_options::turn_budget`.
    pid parent;
    std::vector<std::string> ancestors;  ///< Parent first; of a long line 17 to 32, with the first.
    bool is_supervisor = false;
    /// What waits in the mailbox, the most frequent type first; of a long one the first 1,000. Calls and casts
    /// are counted as the messages that they bring.
    std::vector<mailbox_count> mailbox;
    /// The type of the message whose handler waits for something; empty if it waits for the next message.
    std::string handling;
    detail::nanoseconds age{0};  ///< To about 20 ms.
};

/// Whether the process is alive, after every signal that the caller sent to it before.
[[nodiscard]] task<bool> is_alive(pid who);
/// Empty when the process has ended. Ordered after the caller's earlier signals to it.
[[nodiscard]] task<std::vector<process_information>> process_info(pid who);

namespace detail {
/// A process in the middle of a long turn does not answer in time.
struct late_information {
    bool answered = false;
    std::vector<process_information> information;
};
task<late_information> process_info_within(pid who, nanoseconds timeout);
}  // namespace detail

/// All processes of the caller's runtime, in no order.
[[nodiscard]] std::vector<pid> processes();

/// Time since the runtime was made, by its clock: for measuring how long something took.
[[nodiscard]] inline detail::nanoseconds monotonic_time() {
    return detail::now();
}

/// Waits. The process takes exit signals meanwhile and no messages.
class [[nodiscard("co_await it")]] sleep_awaiter final : detail::waiter {
  public:
    explicit sleep_awaiter(time_span time) : time_{time} {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(detail::suspended here) { suspend(here, time_); }
    void await_resume() const noexcept {}

  private:
    detail::nanoseconds time_;
};

[[nodiscard]] inline sleep_awaiter sleep(time_span time) {
    return sleep_awaiter{time};
}

/// Lets everybody else who is ready go first.
class [[nodiscard("co_await it")]] yield_awaiter : public detail::awaitable {
  public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(detail::suspended here) const;
    void await_resume() const noexcept {}
};
[[nodiscard]] inline yield_awaiter yield() {
    return {};
}

/// Likewise, but only when the turn has used up its budget, or others wait for its end; otherwise
/// it costs some ns. For loops that send much or compute for long between two waits: a turn ends
/// only where something is awaited. In a loop that only sends it is also what keeps the receiver's
/// mailbox short. BEAM counts this by itself.
class [[nodiscard("co_await it")]] due_yield_awaiter : public yield_awaiter {
  public:
    bool await_ready() const;
};
[[nodiscard]] inline due_yield_awaiter yield_if_due() {
    return {};
}

}  // namespace coppice

#pragma GCC visibility pop
