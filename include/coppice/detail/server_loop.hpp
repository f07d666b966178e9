// SPDX-License-Identifier: Apache-2.0
// The loop of a gen_server: requests, other messages, `handle_continue`, and one timeout.

#pragma once

#include <cstdint>
#include <string>

#include "coppice/detail/behaviour_body.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

class server_loop : public behaviour_body {
  public:
    using behaviour_body::behaviour_body;
    ~server_loop() override;

    static constexpr body_kind kind_of_loop{"gen_server", false};
    const body_kind& loop() const noexcept final { return kind_of_loop; }

    // Requests of handlers.
    /// Throws std::logic_error if a continuation is already set, or if the server is stopping: `next`
    /// would never run.
    void set_continue(owned_message next);
    /// Counts from the end of the handler.
    void set_timeout(nanoseconds time) {
        timeout_ = time;
        timer_runs_ = false;
        set(timed);
    }

    // body
    void on_message(any_message m) final;
    bool has_work(bool mailbox_is_empty) const final;
    void do_work() final;
    void on_signal(signal& s) final;

  protected:
    virtual bool serves(const message_node& m) const = 0;
    virtual void serve(message_node& m) = 0;
    /// False if there is no handler for the message.
    virtual bool serve_info(any_message& m) = 0;
    /// False if there is no handler for the timeout.
    virtual bool serve_timeout() = 0;

    /// Calls a handler. An exception is caught here and not in the turn of the process, unless a coroutine of the
    /// handler throws after a wait: for each frame between, the unwinder would take longer than a call of a server.
    template <class Handler>
    void attempt(Handler handler) {
        try {
            handler();
        } catch (...) {
            fail_handler();
        }
    }

  private:
    static constexpr nanoseconds no_time{-1};

    // behaviour_body
    void begin_timers() final;
    void end_loop() noexcept final;
    bool survives(const exit_reason& why) final;

    void fail_handler() noexcept;
    /// The handler has returned, waits, or has failed.
    void after_handler();
    void note_arrival(const message_node& arrived);
    /// Takes the current message, which is no request to this class. False if the message stops the server,
    /// or was a system message.
    bool take_other();
    /// A missing clause: a request ends the server as in OTP, any other message is logged and dropped.
    void refuse_current();
    void stop_timer() noexcept;
    void clear_timeout() noexcept;

    // The first members are the flags: the compiler puts them into the padding behind the flags of the base.
    bool timeout_now_ = false;
    bool timer_runs_ = false;  ///< For `timeout_`. False: `timeout_` is only requested.
    nanoseconds timeout_ = no_time;
    std::uint64_t timeout_tag_ = 0;
    std::uint64_t timeout_timer_ = 0;
    owned_message continue_;
};

/// The server whose handler runs; null if the server is dead. Ends the OS process with a message if the
/// running code belongs to no server.
server_loop* current_server();

}  // namespace coppice::detail

#pragma GCC visibility pop
