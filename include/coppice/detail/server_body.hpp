// SPDX-License-Identifier: Apache-2.0
// The parts of a gen_server that do not depend on its class: its life, its start, calls to it.

#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

struct nothing {};

enum class start_kind : std::uint8_t { ok, ignored, failed };
enum class start_mode : std::uint8_t { alone, link, monitor };

struct start_outcome {
    start_kind kind = start_kind::failed;
    pid process;
    exit_reason why;
    ref monitor;
};

struct reply_address {
    pid client;
    std::uint64_t tag = 0;
    pid server;
};
void send_reply(const reply_address& to, owned_message value);

/// What `proc_lib` and `gen_server` do around the user's class.
///
///     phase          next message        exception         end
///     initialising   waits               start fails       tells the starter
///     serving        a handler           terminating       -
///     terminating    waits               replaces reason   reports, replies, ends
class server_base : public body {
  public:
    explicit server_base(std::string name) : name_{std::move(name)} {}
    ~server_base() override;

    /// Whom to tell about the start, and whose exit stops the server; before it is spawned.
    void started_by(const pid& starter, std::uint64_t tag, bool is_parent);
    /// Started from outside of the runtime: nobody waits.
    void started_from_outside() { has_parent_ = true; }
    const std::string& name() const noexcept { return name_; }
    server_base* as_server() noexcept final { return this; }

    // What handlers ask for.
    void set_stop(exit_reason why);
    /// Throws std::logic_error if another is waiting, or the server stops: it would never run.
    void set_continue(owned_message next);
    /// Counts from the end of the handler.
    void set_timeout(nanoseconds time) { timeout_wish_ = time; }

    // body
    void start() final;
    void on_message(any_message m) final;
    void on_task_done() final;
    void on_error(exit_reason why, bool reported) final;
    bool has_work(bool mailbox_is_empty) const final;
    void do_work() final;
    void on_signal(signal& s) final;
    std::string describe_last_message() const final {
        return current_ ? current_.describe() : std::string{};
    }

  protected:
    /// Constructs the server; true when its init is a coroutine, which then runs.
    virtual bool construct() = 0;
    virtual bool serves(const message_node& m) const = 0;
    virtual void serve(message_node& m) = 0;
    virtual void serve_continue(message_node& m) = 0;
    /// False if there is no handler for it.
    virtual bool serve_info(any_message& m) = 0;
    /// False if there is no handler for it.
    virtual bool serve_timeout() = 0;
    /// True when terminate is a coroutine, which then runs.
    virtual bool serve_terminate(const exit_reason& why) = 0;
    /// Whether a call that fails for lack of memory has changed nothing, so that only the call fails.
    virtual bool outlives_lack_of_memory() const { return is_supervisor(); }

  public:
    /// The reply of the call that is being handled.
    void answer(const reply_address& to, owned_message value);
    void handle_task(task<> running);

  private:
    enum class phase : std::uint8_t { initialising, serving, terminating };

    bool declines_call(const exit_reason& why);
    void acknowledge();
    void refuse_start(start_kind kind, exit_reason why);
    void handled();
    /// The current message, which is no request to this class; false if the server is stopped by it.
    bool take_other();
    /// Ends the server as a function clause that is missing does, or drops what is no request.
    void refuse_current();
    void begin_terminate(exit_reason why, bool reported);
    void finish_terminate();
    void publish_report();
    void log_unexpected(const std::string& described);
    void start_failed(exit_reason why, bool reported);
    void arm_timeout();
    void clear_timeout() noexcept;
    bool is_parents_exit() const;

    std::string name_;
    pid starter_;
    pid parent_;
    std::uint64_t start_tag_ = 0;
    phase phase_ = phase::initialising;
    bool has_parent_ = false;
    bool stops_ = false;
    bool reported_ = false;
    bool timeout_now_ = false;
    std::optional<nanoseconds> timeout_wish_;  ///< Of the handler that runs.
    bool running_task_ = false;
    std::uint64_t timeout_tag_ = 0;
    std::uint64_t timeout_timer_ = 0;
    exit_reason why_;
    owned_message continue_;
    any_message current_;  ///< What is being handled: a handler may refer to it until it is done.
    std::unique_ptr<std::pair<reply_address, owned_message>> last_reply_;
    pid last_client_;
};

/// The server whose handler runs; null if it is dead. Ends the OS process with a message when what
/// runs is no server's.
server_base* current_server();

/// Waits for a start: proc_lib's protocol with the guarantees of OTP 26.
class start_wait : public waiter {
  public:
    start_wait(std::unique_ptr<server_base> server, start_mode mode, nanoseconds timeout)
        : server_{std::move(server)}, mode_{mode}, timeout_{timeout} {}

    /// Throws std::logic_error the second time.
    bool await_ready();
    void await_suspend(suspended here);

  protected:
    start_outcome outcome();

  private:
    void spawn(std::uint64_t tag);
    bool on_signal(signal& s) override;
    bool on_timeout() override;
    /// None: it has started.
    bool on_news(message_node* news);

    std::unique_ptr<server_base> server_;
    start_mode mode_;
    nanoseconds timeout_;
    pid child_;
    bool settled_ = false;
    bool child_ended_ = false;
    start_outcome outcome_;
};

/// What the new process tells its starter if it has not started.
struct start_news {
    start_kind kind;
    exit_reason why;
};

struct call_target {
    pid process;
    std::string name;
};

/// Waits for a call's reply: monitor, request and alias in one signal.
class call_wait : public waiter {
  public:
    call_wait(owned_message request, call_target target, nanoseconds timeout)
        : request_{std::move(request)},
          target_{std::move(target)},
          timeout_{timeout},
          why_{reason::timeout} {}  // unless something else is heard first
    /// A caller that dies while it waits leaves no monitor at the server.
    ~call_wait() override;

    /// Throws std::logic_error the second time.
    bool await_ready();
    void await_suspend(suspended here);

  protected:
    /// The reply, or null: then `failure()` says why.
    owned_message take_reply();
    /// `{why, {gen_server, call, [target, request, timeout]}}`.
    exit_reason failure();

  private:
    bool on_signal(signal& s) override;
    void note_description();

    owned_message request_;
    call_target target_;
    nanoseconds timeout_;
    const std::type_info* described_by_ = nullptr;  ///< Else `described_` is kept for a failure.
    std::string described_;
    bool monitors_ = false;
    owned_message reply_;
    exit_reason why_;
};

struct or_exit {};
struct or_error {};

[[noreturn]] void exit_with(exit_reason why);

template <class R, class Policy>
class [[nodiscard("co_await it")]] call_awaiter final : public call_wait {
  public:
    using call_wait::call_wait;

    auto await_resume() {
        constexpr bool exits = std::is_same_v<Policy, or_exit>;
        owned_message reply = take_reply();
        if constexpr (exits) {
            if (!reply) {
                exit_with(failure());
            }
            return unwrap(*reply);
        } else {
            using result = std::expected<R, exit_reason>;
            if (!reply) {
                return result{std::unexpected(failure())};
            }
            if constexpr (std::is_void_v<R>) {
                return result{};
            } else {
                return result{unwrap(*reply)};
            }
        }
    }

  private:
    static R unwrap(message_node& reply) {
        if constexpr (!std::is_void_v<R>) {
            return std::move(*static_cast<R*>(reply.type->payload(reply)));
        }
    }
};

}  // namespace coppice::detail

#pragma GCC visibility pop
