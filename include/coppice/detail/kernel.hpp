// SPDX-License-Identifier: Apache-2.0
// The part of the process layer that the templates of the public headers use. Not a public interface.
//
// Every function without a runtime argument acts for the process that runs on this thread. Without such a
// process, the function ends the OS process with a message. Two kinds of code are an exception: code of a
// dead process, and destructors of messages that the runtime destroys outside of all processes. Requests of
// such code are dropped: nothing is thrown, and the result is empty.

#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/detail/chrono.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/wait_timer.hpp"
#include "coppice/mailbox_limit.hpp"
#include "coppice/message.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

class process;
class runtime_core;
struct process_exit;
struct text_message;

using std::chrono::nanoseconds;
inline constexpr nanoseconds forever = nanoseconds::max();

/// How a wait searches the mailbox. Conditions are user code: see process/conditions.cpp.
enum class mailbox_look : std::uint8_t { never, by_type, by_condition };

/// The effect of a reply on the wait. `is_kept`: the wait is over, and owns the reply. `no_memory`: nothing has
/// changed, and the wait has to get the reply again.
enum class reply_effect : std::uint8_t { none, ends_wait, is_kept, no_memory };

/// A wait of the current process. The object lives in the frame of the waiting coroutine.
class waiter : public awaitable {
  public:
    waiter() = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    virtual ~waiter() {
        if (owner_ != nullptr) {
            finish();
        }
    }

    /// True to take the message out of the mailbox. `take` then receives the message, and the wait is over.
    virtual bool wants(const message_node&) { return false; }
    virtual void take(owned_message) {}
    /// Both in one, for a look by type. True: the wait owns the message. An override saves calls.
    virtual bool claim(message_node& node) {
        if (!wants(node)) {
            return false;
        }
        take(owned_message{&node});
        return true;
    }
    /// Called for a down signal with the tag of the wait. True: the wait is over.
    virtual bool on_signal(signal&) { return false; }
    /// Called for a reply with the tag of the wait.
    virtual reply_effect on_reply(message_node&) noexcept { return reply_effect::none; }
    /// Called when the time is over. True: the wait is over too.
    virtual bool on_timeout() { return true; }

    std::coroutine_handle<> resumes;

  protected:
    /// Makes the current process wait until a message or a signal ends the wait.
    void suspend(std::coroutine_handle<> here);
    /// The tag of the signals for this wait. 0 until an answer is possible.
    std::uint64_t tag() const noexcept { return tag_; }

  private:
    process& begin(std::coroutine_handle<> here, bool only_polls);
    void end_timer() noexcept;
    /// Removes the wait from the process. Precondition: the process waits here.
    void finish() noexcept;

    friend class process;
    friend class timed_waiter;
    std::uint64_t tag_ = 0;
    process* owner_ = nullptr;

    // Last, so that these flags share a word with the first members of a derived class.
  public:
    bool polls = false;                        ///< Ends once the mailbox has been searched.
    mailbox_look looks = mailbox_look::never;  ///< Whether and how to ask `wants`.
    bool timed_out = false;

  private:
    bool has_timer_ = false;
};

/// A wait that a timer or an answer may end.
class timed_waiter : public waiter, private wait_timer {
  public:
    timed_waiter() = default;
    ~timed_waiter() override {
        if (owner_ != nullptr) {
            finish();
        }
    }

  protected:
    /// As `waiter::suspend`. `timeout` counts from now. With zero the wait only polls.
    void suspend(std::coroutine_handle<> here, nanoseconds timeout) { begin(here, timeout, false); }
    /// Likewise, for a wait that is ended by an answer. `start(tag)` starts the operation that may answer.
    /// The wait is registered before `start` hands out the tag, so no answer can arrive before the wait. If
    /// `start` throws, the process does not wait.
    template <class Start>
    void suspend(std::coroutine_handle<> here, nanoseconds timeout, Start start) {
        begin(here, timeout, true);
        try {
            start(tag_);
        } catch (...) {
            finish();
            throw;
        }
    }

  private:
    friend class waiter;
    struct arming;
    void begin(std::coroutine_handle<> here, nanoseconds timeout, bool is_answered);
};

/// What runs in a process, for tools and for the process layer.
struct body_kind {
    std::string_view behaviour;  ///< The name of an OTP behaviour; empty for a plain function.
    bool supervises = false;
    bool operator==(const body_kind&) const = default;
};

/// The work that a process does in its turns.
class body : public pooled {
  public:
    body() = default;
    body(const body&) = delete;
    body& operator=(const body&) = delete;
    virtual ~body() = default;

    virtual void start() = 0;
    /// A message has arrived, and no coroutine of the body is waiting.
    virtual void on_message(any_message) {}
    /// The coroutine started by `run_task` has returned.
    virtual void on_task_done() {}
    /// An exception left one of the functions above, or the coroutine. A function above may also catch an exception of
    /// user code, have `on_error` called by `fail_here`, and return. By default the process
    /// ends with `why`.
    virtual void on_error(exit_reason why, bool reported);
    /// Whether there is work to do before the next message. `do_work` does the work.
    virtual bool has_work(bool mailbox_is_empty) const {
        static_cast<void>(mailbox_is_empty);
        return false;
    }
    virtual void do_work() {}
    /// A signal for the body, such as a timeout of a server.
    virtual void on_signal(signal&) {}
    virtual std::string describe_state() const { return {}; }
    virtual std::string describe_last_message() const { return {}; }
    /// The name of the running function, for tools.
    virtual std::string initial_call() const = 0;
    /// The child's id in the supervisor that started the child; empty if there is none.
    virtual std::string child_id() const { return {}; }
    /// A body whose kind names a behaviour is a `behaviour_body`.
    virtual const body_kind& kind() const noexcept {
        static constexpr body_kind function{};
        return function;
    }
    /// The messages that the process takes as text. The same for all bodies of the class.
    virtual std::span<const text_message> text_messages() const noexcept { return {}; }
};

struct spawn_request {
    bool link = false;
    std::uint64_t monitor_tag = 0;  ///< The spawner's monitor of the new process. 0: none.
    bool monitor_to_waiter = false;
    std::uint64_t second_monitor_tag = 0;  ///< A second monitor. Its down signal is a message.
    /// Of the mailbox; null for none. Need not outlive the spawn.
    const mailbox_limit* limit = nullptr;
};

/// The next child of a function that this thread starts has this limit: the spawn is in the closure of a recipe.
class limit_of_next_child {
  public:
    explicit limit_of_next_child(const mailbox_limit& given) noexcept;
    limit_of_next_child(const limit_of_next_child&) = delete;
    limit_of_next_child& operator=(const limit_of_next_child&) = delete;
    ~limit_of_next_child();
};

pid spawn_process(std::unique_ptr<body> what, spawn_request how);
/// Spawns a linked process for the child of a supervisor.
pid spawn_child_function(std::unique_ptr<body> what);
/// From outside of the runtime. `monitor_tag` is then a thread's.
pid spawn_process(runtime_core& world, std::unique_ptr<body> what, spawn_request how = {});

bool in_process() noexcept;
/// Whether the current process has ended, so that the running code is a destructor of its remains.
bool is_ending() noexcept;
/// Reports the end of the current process as a crash.
void report_crash(const exit_reason& why);
runtime_core& current_runtime();
pid current_pid();
std::uint64_t new_tag();

/// Sends a signal from the current process, and consumes the signal.
void deliver(const pid& to, signal* sent);
/// Likewise, for a message that was received. A forwarded call keeps the caller.
void forward(const pid& to, owned_message sent);
/// Likewise from a thread of the program, which waits if the receiver is full and its policy is `wait`.
void deliver_from_outside(runtime_core& world, const pid& to, signal* sent);
/// Sends a message from the current process. Takes the message if the status is `sent`.
send_status try_deliver(const pid& to, owned_message& message);
send_status try_deliver_from_outside(runtime_core& world, const pid& to, owned_message& message);
bool is_alive_now(const pid& who);

/// Starts `root` as the current process's coroutine. Precondition: no coroutine is running.
void run_task(task<> root);
/// Ends the current process when the call made by the present turn returns.
void end_process(exit_reason why);

/// Turns the exception being handled into a reason.
exit_reason reason_of(const std::exception_ptr& error) noexcept;

// Names. `whereis_name` returns an empty pid for an unknown name.
pid whereis_name(std::string_view name);
pid whereis_name(runtime_core& world, std::string_view name);
/// The process with the name. Throws `badarg_error` if the name is unknown. For a process that has ended, and
/// for code outside of all processes, the result is an empty pid and nothing is thrown.
pid named_receiver(std::string_view name);
/// Likewise, for the pid, the name or the key of an address.
pid receiver_at(const address& to);

// Monitors whose down signal goes to the wait with the same tag.
void monitor_for_wait(const pid& target, std::uint64_t tag);
/// If even the reserve of memory is used up, the monitor stays. Its down signal then finds no wait.
void demonitor_for_wait(const pid& target, std::uint64_t tag) noexcept;
/// Monitors a process for a wait, then sends the exit signal `why`, and `why_then` if given. The constructor
/// allocates everything and changes nothing when it throws. `send` needs no memory.
class end_request {
  public:
    explicit end_request(exit_reason why, std::optional<exit_reason> why_then = std::nullopt);
    void send(const pid& target, std::uint64_t tag);

  private:
    owned_signal monitor_;
    owned_signal first_;
    owned_signal second_;
};
/// Removes a process that watches the current process, as after answering a call.
void forget_watcher(std::uint64_t tag);
/// Takes `{'EXIT', from, _}` out of the mailbox; null if there is none.
owned_message take_exit_message(const pid& from);
/// Takes all exit messages out of the mailbox.
std::vector<owned_message> take_exit_messages();
/// The tag of a message: of a down message the monitor, of an answer to a monitor the tag of the answer. 0 for
/// most messages.
std::uint64_t tag_of(const message_node& message) noexcept;
/// Takes the first message with one of the tags, in ascending order, out of the mailbox. Null if there is none.
owned_message take_tagged(std::span<const std::uint64_t> tags);

/// The number of scheduler threads of the caller's runtime. 1 in a simulation.
std::size_t scheduler_threads();

/// Throws std::logic_error.
[[noreturn]] void refuse_second_await(const char* what);

/// Calls `destroy(what)`. On a thread without a process, requests of the destructors are dropped.
void destroy_without_caller(void (*destroy)(void*), void* what) noexcept;
/// For an object shared by a process and a thread outside. The last owner calls `destroy_without_caller`.
template <class T>
std::shared_ptr<T> make_without_caller() {
    return {new T, [](T* left) {
                destroy_without_caller([](void* each) { delete static_cast<T*>(each); }, left);
            }};
}

// Timers of waits and of servers.
std::uint64_t start_tag_timer(nanoseconds after, std::uint64_t tag);
void cancel_tag_timer(runtime_core& world, std::uint64_t timer) noexcept;
void cancel_tag_timer(std::uint64_t timer) noexcept;

/// The answer of a process about the messages that it takes as text.
struct served_messages {
    served_messages() = default;
    enum class answer : std::uint8_t { none, noproc, no_server, server };
    answer from = answer::none;  ///< none: no answer in time.
    std::span<const text_message> known;
};
/// Answered between two steps of the process, even while its handler waits.
task<served_messages> served_messages_within(pid who, nanoseconds timeout);

nanoseconds now();
/// The point of time `time` after now, or the last point that can be represented; `forever` after `forever`.
nanoseconds time_after(nanoseconds time);
/// The time until the point of time, but not below zero; `forever` until `forever`.
nanoseconds time_until(nanoseconds point);

}  // namespace coppice::detail

#pragma GCC visibility pop
