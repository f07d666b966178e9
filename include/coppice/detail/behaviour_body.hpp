// SPDX-License-Identifier: Apache-2.0
// The parts of a gen_server that do not depend on its class: life, start, and calls.

#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"
#include "coppice/detail/send_reply.hpp"
#include "coppice/detail/shared_text.hpp"

#pragma GCC visibility push(default)

namespace coppice::sys {
struct status;
}  // namespace coppice::sys

namespace coppice::detail {

struct debugging;
struct system_request;
class behaviour_body;
enum class start_kind : std::uint8_t;  // see start_wait.hpp

/// Debug options that apply to a server from its first message on. Shared by all starts of a child.
struct debug_setup {
    debug_setup() = default;
    debug_setup(const debug_setup&) = delete;
    debug_setup& operator=(const debug_setup&) = delete;
    virtual ~debug_setup() = default;
    virtual void apply(behaviour_body& to) const = 0;
};

/// The work of `proc_lib` and `gen_server` around the user's class.
///
///     phase          next message        exception         end
///     initialising   waits               start fails       tells the starter
///     serving        a handler           terminating       -
///     suspended      waits, but for      terminating       goes on, or terminating
///                    system messages
///     terminating    waits               replaces reason   reports, replies, ends
class behaviour_body : public body {
  public:
    explicit behaviour_body(std::string name) : name_{std::move(name)} {}
    ~behaviour_body() override;

    /// The process to tell about the start. If it is the parent, its exit stops the server. Before the spawn.
    void started_by(const pid& starter, std::uint64_t tag, bool is_parent);
    /// For a server that is started from outside of the runtime: no process waits for the start.
    void started_from_outside() { has_parent_ = true; }
    /// The child's id in its supervisor, for reports; null without a supervisor. Before the spawn.
    void is_child(const shared_text& id) noexcept { child_id_ = id; }
    std::string child_id() const final { return child_id_.str(); }
    const std::string& name() const noexcept { return name_; }
    /// Before the spawn.
    void debug_at_start(std::shared_ptr<const debug_setup> how);

    // Requests of handlers.
    void set_stop(exit_reason why);
    /// Throws std::logic_error if a continuation is already set, or if the server is stopping: `next`
    /// would never run.
    void set_continue(owned_message next);
    /// Counts from the end of the handler.
    void set_timeout(nanoseconds time) {
        timeout_ = time;
        timer_runs_ = false;
        attention_ |= timed;
    }

    // Requests of system messages. To be called while a system message is carried out.
    void suspend() noexcept { suspends_ = true; }
    void resume() noexcept { suspends_ = false; }
    bool is_suspended() const noexcept { return phase_ == phase::suspended; }
    /// The server begins to terminate once the request is answered.
    void stop_by_request(exit_reason why);
    sys::status status() const;
    /// Created at first use. After a change, call `debugging_has_changed`.
    debugging& debug();
    const debugging* debug_if_any() const noexcept { return debug_.get(); }
    void debugging_has_changed() noexcept;
    virtual const std::type_info& served_class() const = 0;
    /// Unlike `describe_state`, not formatted for reports.
    virtual std::string raw_state() const = 0;
    /// Details that only some classes provide.
    virtual void describe_further(sys::status& out) const = 0;

    // body
    void start() final;
    void on_message(any_message m) final;
    void on_task_done() final;
    void on_error(exit_reason why, bool reported) final;
    bool has_work(bool mailbox_is_empty) const final;
    void do_work() final;
    void on_signal(signal& s) final;
    std::string describe_last_message() const final {
        return current_ ? current_.show() : std::string{};
    }

  protected:
    /// Constructs the server. True if `init` is a coroutine; `init` is then running.
    virtual bool construct() = 0;
    virtual bool serves(const message_node& m) const = 0;
    virtual void serve(message_node& m) = 0;
    virtual void serve_continue(message_node& m) = 0;
    /// False if there is no handler for the message.
    virtual bool serve_info(any_message& m) = 0;
    /// False if there is no handler for the timeout.
    virtual bool serve_timeout() = 0;
    /// True if `terminate` is a coroutine; `terminate` is then running.
    virtual bool serve_terminate(const exit_reason& why) = 0;
    /// Whether a call that fails for lack of memory has changed nothing. If so, only the call fails.
    virtual bool outlives_lack_of_memory() const { return kind().supervises; }

  public:
    /// Sends the reply of the current call.
    void answer(const reply_address& to, owned_message value);
    void handle_task(task<> running);

  private:
    friend class suspension;
    enum class phase : std::uint8_t { initialising, serving, suspended, terminating };
    static constexpr nanoseconds no_time{-1};

    // Reasons to do more with a message than to handle it. Most servers have none.
    static constexpr std::uint8_t busy = 1;      ///< A coroutine of the server runs.
    static constexpr std::uint8_t stopping = 2;  ///< The server stops with `why_`.
    static constexpr std::uint8_t timed = 4;     ///< `timeout_` is a time.
    static constexpr std::uint8_t watched = 8;   ///< `debug_` receives events.
    static constexpr std::uint8_t set_up = 16;   ///< `debug_` holds the options of the start.
    bool has(std::uint8_t what) const noexcept { return (attention_ & what) != 0; }
    void no_longer(std::uint8_t what) noexcept {
        attention_ = static_cast<std::uint8_t>(attention_ & ~what);
    }

    void attend(const message_node& arrived);
    bool declines_call(const exit_reason& why);
    void acknowledge();
    void refuse_start(start_kind kind, exit_reason why);
    void handled();
    /// Takes the current message, which is no request to this class. False if the message stops the server,
    /// or was a system message.
    bool take_other();
    /// A missing clause: a request ends the server as in OTP, any other message is logged and dropped.
    void refuse_current();
    void begin_terminate(exit_reason why, bool reported);
    void finish_terminate();
    void publish_report();
    void log_unexpected(const std::string& described);
    void start_failed(exit_reason why, bool reported);
    void arm_timeout();
    void stop_timer() noexcept;
    void clear_timeout() noexcept;
    bool is_parents_exit(const message_node& m) const;

    // system_messages.cpp
    void take_system_message();
    void obey(system_request& asked);
    task<> stay_suspended();
    void go_on_from_suspension();

    // debugging.cpp
    void begin_debugging();
    void tell_arrival(const message_node& arrived);
    void tell_timeout();
    void tell_continue(const message_node& next);
    void tell_reply(const pid& client, const message_node* value);
    void tell_new_state();

    std::string name_;
    shared_text child_id_;  ///< Null unless the server is a supervisor's child.
    pid starter_;
    pid parent_;
    std::uint64_t start_tag_ = 0;
    phase phase_ = phase::initialising;
    bool has_parent_ = false;
    std::uint8_t attention_ = 0;
    bool reported_ = false;
    bool timeout_now_ = false;
    bool timer_runs_ = false;   ///< For `timeout_`. False: `timeout_` is only requested.
    bool suspends_ = false;     ///< Whether the last system request suspended the server.
    bool has_replied_ = false;  ///< `debug_` knows the outcome of the handler.
    nanoseconds timeout_ = no_time;
    std::uint64_t timeout_tag_ = 0;
    std::uint64_t timeout_timer_ = 0;
    exit_reason why_;
    owned_message continue_;
    any_message current_;  ///< The current message. Kept while the handler runs, for references.
    std::unique_ptr<std::pair<reply_address, owned_message>> last_reply_;
    pid last_client_;
    struct debugging_deleter {
        void operator()(debugging* dead) const noexcept;
    };
    std::unique_ptr<debugging, debugging_deleter> debug_;  ///< Null until first used.
};

/// The server whose handler runs; null if the server is dead. Ends the OS process with a message if the
/// running code belongs to no server.
behaviour_body* current_server();

}  // namespace coppice::detail

#pragma GCC visibility pop
