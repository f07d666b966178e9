// SPDX-License-Identifier: Apache-2.0
// What the templates of the public headers need of the process layer. Promised to nobody.
//
// Every function without a runtime argument acts for the process that runs on this thread, and ends
// the OS process with a message when there is none. What a dead process asks for is dropped, and so
// is what the destructors of messages ask for that the runtime destroys outside of all processes:
// then nothing is thrown, and the answer is an empty one.

#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/message.hpp"
#include "coppice/task.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

class process;
class runtime_core;
class server_base;
struct process_exit;
struct text_message;

using std::chrono::nanoseconds;
inline constexpr nanoseconds forever = nanoseconds::max();

/// How a wait looks at the mailbox. Conditions are code of the user's: see process_conditions.cpp.
enum class mailbox_look : std::uint8_t { never, by_type, by_condition };

/// A wait of the current process: it lives in the coroutine that waits.
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

    /// True to take this message out of the mailbox; then `take` gets it and the wait is over.
    virtual bool wants(const message_node&) { return false; }
    virtual void take(owned_message) {}
    /// A reply, down or timeout signal whose tag is this wait's. True: the wait is over.
    virtual bool on_signal(signal&) { return false; }
    /// The time is over. True: so is the wait.
    virtual bool on_timeout() { return true; }

    std::coroutine_handle<> resumes;

  protected:
    /// Makes the current process wait. `timeout` counts from now; with zero the wait only polls.
    void suspend(std::coroutine_handle<> here, nanoseconds timeout) { begin(here, timeout, false); }
    /// Likewise, for a wait that somebody answers. `start(tag)` starts whatever may answer it. Nobody
    /// knows the tag before, and the wait is registered by then: no answer comes before its wait.
    /// If `start` throws, the process does not wait.
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
    /// Signals with this tag come here. 0 until something may answer.
    std::uint64_t tag() const noexcept { return tag_; }

  private:
    void begin(std::coroutine_handle<> here, nanoseconds timeout, bool is_answered);
    void begin_timer(nanoseconds timeout);
    void end_timer() noexcept;
    /// The process does not wait for this any more. Precondition: it does.
    void finish() noexcept;

    friend class process;
    std::uint64_t tag_ = 0;
    process* owner_ = nullptr;
    std::uint64_t timer_ = 0;

    // Last, so that what a derived class begins with lies in the same word.
  public:
    bool polls = false;                        ///< Ends when there is nothing more to look at now.
    mailbox_look looks = mailbox_look::never;  ///< Whether and how `wants` is to be asked.
    bool timed_out = false;
};

/// What a process does with its turns.
class body : public pooled {
  public:
    body() = default;
    body(const body&) = delete;
    body& operator=(const body&) = delete;
    virtual ~body() = default;

    virtual void start() = 0;
    /// A message, when no coroutine of the body is waiting.
    virtual void on_message(any_message) {}
    /// The coroutine that `run_task` started has returned.
    virtual void on_task_done() {}
    /// An exception left one of the above, or the coroutine. By default the process ends with it.
    virtual void on_error(exit_reason why, bool reported);
    /// Whether there is something to do before the next message, and doing it.
    virtual bool has_work(bool mailbox_is_empty) const {
        static_cast<void>(mailbox_is_empty);
        return false;
    }
    virtual void do_work() {}
    /// A signal for the body itself, such as its own timeout.
    virtual void on_signal(signal&) {}
    virtual std::string describe_state() const { return {}; }
    virtual std::string describe_last_message() const { return {}; }
    /// What runs, as tools name it.
    virtual std::string initial_call() const = 0;
    /// Its id in the supervisor that has started it; empty if there is none.
    virtual std::string child_id() const { return {}; }
    virtual bool is_supervisor() const { return false; }
    /// Itself if it is a gen_server.
    virtual server_base* as_server() noexcept { return nullptr; }
};

struct spawn_request {
    bool link = false;
    std::uint64_t monitor_tag =
        0;  ///< The spawner monitors the new process with it. 0: it does not.
    bool monitor_to_waiter = false;
    std::uint64_t second_monitor_tag = 0;  ///< One more, whose end is a message.
};

pid spawn_process(std::unique_ptr<body> what, spawn_request how);
/// From outside: `monitor_tag` is then a thread's.
pid spawn_process(runtime_core& world, std::unique_ptr<body> what, spawn_request how = {});

bool in_process() noexcept;
/// Whether the current process has ended, and this is a destructor of what it leaves.
bool is_ending() noexcept;
/// Reports the end of the current process as a crash.
void report_crash(const exit_reason& why);
runtime_core& current_world();
pid current_pid();
std::uint64_t new_tag();

/// Sends a signal from the current process. The signal is consumed.
void deliver(const pid& to, signal* sent);
/// Likewise, a message that came from somebody: of a call that remains the caller.
void forward(const pid& to, owned_message sent);
void deliver_from_outside(runtime_core& world, const pid& to, signal* sent);
bool is_alive_now(const pid& who);

/// Starts `root` as the current process's coroutine. Precondition: none is running.
void run_task(task<> root);
/// Ends the current process when the present turn's call returns.
void end_process(exit_reason why);

/// Turns the exception being handled into a reason.
exit_reason reason_of(const std::exception_ptr& error) noexcept;

// Names. `whereis_name` answers an empty pid for an unknown name.
pid whereis_name(std::string_view name);
pid whereis_name(runtime_core& world, std::string_view name);
/// Who has the name. Throws `badarg_error` if nobody has; but for a process that has ended, or
/// nobody's code, the answer is the empty pid.
pid named_receiver(std::string_view name);

// Monitors whose down signal goes to a wait of the same tag.
void monitor_for_wait(const pid& target, std::uint64_t tag);
/// Without memory, also of the reserve, the monitor stays: its signal will find that nobody waits.
void demonitor_for_wait(const pid& target, std::uint64_t tag) noexcept;
/// Monitors for a wait, and sends `why`, and then `why_then` if there is one, as exit signals. Nothing
/// has happened if it throws; made first, it is sent without memory.
class end_request {
  public:
    explicit end_request(exit_reason why, std::optional<exit_reason> why_then = std::nullopt);
    void send(const pid& target, std::uint64_t tag);

  private:
    owned_signal monitor_;
    owned_signal first_;
    owned_signal second_;
};
/// The current process drops a watcher of its own, as when it has answered a call.
void forget_watcher(std::uint64_t tag);
/// Takes `{'EXIT', from, _}` out of the mailbox; null if there is none.
owned_message take_exit_message(const pid& from);
/// Takes all exit messages out of the mailbox.
std::vector<owned_message> take_exit_messages();

[[noreturn]] void broken_contract(const char* what);
/// Throws std::logic_error.
[[noreturn]] void refuse_second_await(const char* what);

/// Destroys it with `destroy`. On a thread that is no process, what its destructors ask for is dropped.
void destroy_for_nobody(void (*destroy)(void*), void* what) noexcept;
/// For what a process and a thread outside share: whoever is the last destroys it so.
template <class T>
std::shared_ptr<T> make_for_nobody() {
    return {new T, [](T* left) {
                destroy_for_nobody([](void* each) { delete static_cast<T*>(each); }, left);
            }};
}

// A wait's timers, and those of a server.
std::uint64_t start_tag_timer(nanoseconds after, std::uint64_t tag);
void cancel_tag_timer(runtime_core& world, std::uint64_t timer) noexcept;
void cancel_tag_timer(std::uint64_t timer) noexcept;

/// What a process knows of messages by text.
struct served_messages {
    served_messages() = default;
    enum class answer : std::uint8_t { none, noproc, no_server, server };
    answer from = answer::none;  ///< none: not in time.
    std::span<const text_message> known;
};
/// Answered between two steps of the process, also while its handler waits.
task<served_messages> served_messages_within(pid who, nanoseconds timeout);

nanoseconds now();
/// The moment so long after now, or the last that there is.
nanoseconds time_after(nanoseconds time);

}  // namespace coppice::detail

#pragma GCC visibility pop
