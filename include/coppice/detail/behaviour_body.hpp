// SPDX-License-Identifier: Apache-2.0
// The parts that all OTP behaviours share: the start, system messages, the end, and the reports. A behaviour
// adds a loop, such as `server_loop`, and an object of the user's class, see object_body.hpp.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/address.hpp"
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

/// What a loop tells of its work, for reports and for `get_status`.
struct loop_details {
    std::string
        state;  ///< The name of the state of a state machine; empty for any other behaviour.
    std::vector<std::string> queued;
    std::vector<std::string> postponed;
    std::vector<std::string> timeouts;
};

/// Debug options that apply to a server from its first message on. Shared by all starts of a child.
struct debug_setup {
    debug_setup() = default;
    debug_setup(const debug_setup&) = delete;
    debug_setup& operator=(const debug_setup&) = delete;
    virtual ~debug_setup() = default;
    virtual void apply(behaviour_body& to) const = 0;
};

/// The work of `proc_lib` and `sys` around a loop.
///
///     phase          next message        exception         end
///     initialising   waits               start fails       tells the starter
///     serving        the loop's          terminating       -
///     suspended      waits, but for      terminating       goes on, or terminating
///                    system messages
///     terminating    waits               replaces reason   reports, replies, ends
///
/// A loop overrides `on_message`, and calls from there and from its other handlers:
///
///     keep            before a handler runs
///     took_shared     for a message that is not the loop's: a system message, or the exit of the parent
///     handled         after a handler, unless the handler has thrown, or a coroutine of the handler runs
class behaviour_body : public body {
  public:
    /// The process takes the name, or the key of a registry, before the object is constructed. The empty name:
    /// none.
    explicit behaviour_body(address name) { take_at_start(std::move(name)); }

    /// The process to tell about the start. If it is the parent, its exit stops the server. Before the spawn.
    void started_by(const pid& starter, std::uint64_t tag, bool is_parent);
    /// For a server that is started from outside of the runtime: no process waits for the start.
    void started_from_outside() { has_parent_ = true; }
    /// The child's id in its supervisor, for reports; null without a supervisor. Before the spawn.
    void is_child(const shared_text& id) noexcept { child_id_ = id; }
    std::string child_id() const final { return child_id_.str(); }
    /// Replaces the name of the constructor. Before the spawn.
    void take_at_start(address name) { change_start(std::move(name), limit()); }
    /// The name to take at the start; null for none.
    const address* name() const noexcept {
        return at_start_ != nullptr && is_name(at_start_->name) ? &at_start_->name : nullptr;
    }
    /// A limit on the mailbox, unless its `limit` is 0. Before the spawn.
    void limit_at_start(const mailbox_limit& chosen) {
        if (chosen.limit != 0) {
            change_start(name() == nullptr ? address{} : *name(), &chosen);
        }
    }
    /// The limit on the mailbox; null for none.
    const mailbox_limit* limit() const noexcept {
        return at_start_ != nullptr && at_start_->limit.limit != 0 ? &at_start_->limit : nullptr;
    }
    /// The starter waits for `tell_ready` instead of the end of init. Before the spawn.
    void is_ready_later() noexcept { set(unready); }
    /// Tells the starter that waits, if there is one.
    void tell_ready();
    /// Before the spawn.
    void debug_at_start(std::shared_ptr<const debug_setup> how);

    // Requests of handlers.
    void set_stop(exit_reason why);
    /// Sends the reply of the current call.
    void answer(const reply_address& to, owned_message value) {
        if (has(stopping | watched)) [[unlikely]] {
            answer_later_or_watched(to, std::move(value));
        } else {
            send_reply(to, std::move(value));
        }
    }
    /// Runs a coroutine of a handler. The next message waits for its end.
    void handle_task(task<> running);

    // Requests of system messages. To be called while a system message is carried out.
    void suspend() noexcept { suspends_ = true; }
    void resume() noexcept { suspends_ = false; }
    /// Whether the start has not yet come to its end.
    bool is_initialising() const noexcept { return phase_ == phase::initialising; }
    bool is_suspended() const noexcept { return phase_ == phase::suspended; }
    /// The server begins to terminate once the request is answered.
    void stop_by_request(exit_reason why);
    sys::status status() const;
    /// Created at first use. After a change, call `debugging_has_changed`.
    debugging& debug();
    const debugging* debug_if_any() const noexcept { return debug_.get(); }
    void debugging_has_changed() noexcept;

    /// The behaviour whose loop runs, for reports and for `current_loop`. A supervisor runs gen_server's.
    virtual const body_kind& loop() const noexcept = 0;
    virtual const std::type_info& served_class() const = 0;
    /// The object of the class. Null until constructed.
    virtual void* served() noexcept = 0;
    /// Unlike `describe_state`, not formatted for reports.
    virtual std::string raw_state() const = 0;
    /// Details that only some classes provide.
    virtual void describe_further(sys::status& out) const = 0;
    /// Details that only some loops provide.
    virtual loop_details describe_loop() const { return {}; }

    // body
    void start() final;
    void on_task_done() final;
    void on_error(exit_reason why, bool reported) final;
    std::string describe_last_message() const final {
        return current_ ? current_.show() : std::string{};
    }

  protected:
    // The object of the class.
    /// Constructs the object. True if `init` is a coroutine; `init` is then running.
    virtual bool construct() = 0;
    /// True if `terminate` is a coroutine; `terminate` is then running.
    virtual bool serve_terminate(const exit_reason& why) = 0;

    // The loop.
    /// The process is about to wait for the next message: after the start, a handler, a system message or a
    /// suspension. Called only while `timed` is set.
    virtual void begin_timers() {}
    /// No handler will run but `terminate`. Drops timers and work still to do.
    virtual void end_loop() noexcept {}
    /// Whether the process goes on after an exception of a handler. If so, the override has called `handled`.
    virtual bool survives(const exit_reason& /*why*/) { return false; }

    // Reasons to do more with a message than to handle it. Most servers have none.
    static constexpr std::uint8_t busy = 1;      ///< A coroutine of the server runs.
    static constexpr std::uint8_t stopping = 2;  ///< The server stops with `why_`.
    static constexpr std::uint8_t timed = 4;     ///< The loop has a timeout to start or to end.
    static constexpr std::uint8_t watched = 8;   ///< `debug_` receives events.
    static constexpr std::uint8_t set_up = 16;   ///< `debug_` holds the options of the start.
    static constexpr std::uint8_t unready = 32;  ///< The starter waits for `tell_ready`.
    static constexpr std::uint8_t calling = 64;  ///< A coroutine has begun and has not waited yet.
    static constexpr std::uint8_t failed = 128;  ///< The handler has thrown; no `handled` follows.
    bool has(std::uint8_t what) const noexcept { return (attention_ & what) != 0; }
    bool has_none() const noexcept { return attention_ == 0; }
    void set(std::uint8_t what) noexcept { attention_ |= what; }
    void no_longer(std::uint8_t what) noexcept {
        attention_ = static_cast<std::uint8_t>(attention_ & ~what);
    }
    bool is_terminating() const noexcept { return phase_ == phase::terminating; }
    /// Sends a reply at once, even while the server stops. An event for sys.
    void send_answer(const reply_address& to, owned_message value);

    /// Keeps a message while its handler runs, for references and for reports.
    void keep(any_message&& m) {
        last_client_ = m.node()->kind == signal_kind::call ? m.sender() : pid{};
        current_ = std::move(m);
    }
    /// The work that begins has no client, whatever the last message was.
    void forget_client() noexcept { last_client_ = {}; }
    any_message& current() noexcept { return current_; }
    void drop_current() { current_ = {}; }
    /// Carries out the current message if each behaviour treats such a message alike. False: not carried out.
    bool took_shared();
    void handled();
    bool is_parents_exit(const message_node& m) const;
    void log_unexpected(const std::string& described);

    // Events for sys. Precondition: `watched`.
    void tell_arrival(const message_node& arrived);
    void tell_timeout();
    void tell_continue(const message_node& next);

  private:
    friend class suspension;
    struct start_settings {
        address name;
        mailbox_limit limit;
    };
    static bool is_name(const address& given) noexcept {
        return given.is_via() || !given.name().empty();
    }
    void change_start(address name, const mailbox_limit* limit) {
        const bool any = is_name(name) || limit != nullptr;
        at_start_ = any ? std::make_unique<const start_settings>(start_settings{
                              std::move(name), limit != nullptr ? *limit : mailbox_limit{}})
                        : nullptr;
    }
    enum class phase : std::uint8_t { initialising, serving, suspended, terminating };

    void answer_later_or_watched(const reply_address& to, owned_message value);
    void acknowledge();
    void acknowledge_start();
    void refuse_start(start_kind kind, exit_reason why);
    void start_failed(exit_reason why, bool reported);
    void wait_for_next();
    void begin_terminate(exit_reason why, bool reported);
    void finish_terminate();
    void publish_report();

    // system_messages.cpp
    void take_system_message();
    void handle_system_request(system_request& asked);
    task<> stay_suspended();
    void end_suspension();

    // debugging.cpp
    void begin_debugging();
    void tell_reply(const pid& client, const message_node* value);
    void tell_new_state();

    std::unique_ptr<const start_settings> at_start_;  ///< Apart, because most servers have none.
    shared_text child_id_;  ///< Null unless the server is a supervisor's child.
    pid starter_;
    pid parent_;
    std::uint64_t start_tag_ = 0;
    exit_reason why_;
    any_message current_;  ///< The current message. Kept while the handler runs, for references.
    std::unique_ptr<std::pair<reply_address, owned_message>> last_reply_;
    struct debugging_deleter {
        void operator()(debugging* dead) const noexcept;
    };
    std::unique_ptr<debugging, debugging_deleter> debug_;  ///< Null until first used.
    pid last_client_;
    // Last, so that the flags of a loop share a word with these.
    std::uint8_t attention_ = 0;
    phase phase_ = phase::initialising;
    bool has_parent_ = false;
    bool reported_ = false;
    bool suspends_ = false;     ///< Whether the last system request suspended the server.
    bool has_replied_ = false;  ///< `debug_` knows the outcome of the handler.
};

/// Gives the name, or the key of a registry, to the calling process. Answers the process that has the name already,
/// or the empty pid if the name is not allowed; nothing after success.
std::optional<pid> take_name(const address& name);

/// The behaviour that the current process runs, with any loop. Null if the process is dead. Ends the OS process
/// with `otherwise` if the running code belongs to no behaviour.
behaviour_body* current_behaviour(const char* otherwise);
/// The behaviour that the current process runs, with the loop `Loop`. Null if the process is dead. Ends the
/// OS process with `otherwise` if the running code belongs to no such behaviour.
behaviour_body* current_behaviour(const body_kind& loop, const char* otherwise);
template <class Loop>
Loop* current_loop(const char* otherwise) {
    return static_cast<Loop*>(current_behaviour(Loop::kind_of_loop, otherwise));
}

}  // namespace coppice::detail

#pragma GCC visibility pop
