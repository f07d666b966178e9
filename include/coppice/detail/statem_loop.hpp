// SPDX-License-Identifier: Apache-2.0
// The loop of a gen_statem: queued and postponed events, timeouts, and the actions of a callback. The order of
// all steps is that of OTP's gen_statem:
//
//     a callback returns        replies are sent; then, unless the machine stops:
//     the state is entered      `handle_enter`, again while it asks for a repetition
//     the event is done         postponed, or destroyed
//     the state has changed     postponed events are queued first, in their order; the state timeout ends
//     always                    the event timeout ends; timeouts start; inserted events go before all others

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "coppice/detail/behaviour_body.hpp"
#include "coppice/timer.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

enum class timeout_sort : std::uint8_t { event, state, generic };

struct timeout_key {
    timeout_sort sort = timeout_sort::event;
    std::string name;  ///< Of a generic timeout.
    bool operator==(const timeout_key&) const = default;
};

/// A request of a callback about a timeout.
struct timeout_action {
    enum class kind : std::uint8_t { after, at, update, cancel };

    timeout_key key;
    kind how = kind::after;
    nanoseconds time{0};    ///< For `after` and `at`. `forever` cancels.
    owned_message content;  ///< Null for `cancel`.
};

class statem_loop : public behaviour_body {
  public:
    using behaviour_body::behaviour_body;
    ~statem_loop() override;

    static constexpr body_kind kind_of_loop{"gen_statem", false};
    const body_kind& loop() const noexcept final { return kind_of_loop; }

    loop_details describe_loop() const final;

    // Actions of callbacks. No effect in `terminate`. The last two end the process in an enter callback.
    /// Sent when the callback has returned.
    void add_reply(const reply_address& to, owned_message value);
    /// Throws badarg_error for a negative time.
    void add_timeout(timeout_action asked);
    void postpone();
    /// The event is a request to the class of the machine.
    void add_event(owned_message event);

    // body
    void on_message(any_message m) final;
    bool has_work(bool mailbox_is_empty) const final;
    void do_work() final;

  protected:
    virtual std::string state_name() const = 0;
    virtual bool serves(const message_node& m) const = 0;
    virtual void serve(message_node& m) = 0;
    /// A message of a plain send.
    virtual void serve_info(any_message& m) = 0;
    /// Runs the enter callback of the current state, if there is one. A coroutine is returned, not run.
    virtual task<> serve_enter() = 0;

    /// The decision of the callback that has returned. `is_other`: the state has changed.
    void decide(bool enters, bool is_other) noexcept {
        enters_ = enters;
        is_other_ = is_other_ || is_other;
    }
    bool is_entering() const noexcept { return in_enter_; }
    bool has_postponed() const noexcept { return postpones_; }
    bool is_stopping() const noexcept { return has(stopping); }
    /// What follows a callback. Runs a coroutine if an enter callback is one.
    void conclude();
    /// The same for a callback that was a coroutine.
    task<> conclude_later();
    /// Ends the machine: there is no callback for the current event.
    [[noreturn]] void refuse_event(const char* handler, const std::string& state);

  private:
    struct running_timeout {
        timeout_key key;
        owned_message content;
        std::uint64_t tag = 0;  ///< 0: due as soon as no event is queued.
        timer clock;
    };

    // behaviour_body
    void end_loop() noexcept final;

    void run_current();
    void queue_first(std::vector<any_message>& events);
    void run_timeout(std::vector<running_timeout>::iterator which);
    task<> enter_all();
    task<> finish_entering(task<> running);
    void send_replies();
    void transit();
    void forget_actions() noexcept;
    void refuse_in_enter(const char* action) const;

    std::vector<running_timeout>::iterator find_timeout(const timeout_key& key);
    void cancel_timeout(const timeout_key& key);
    void start_timeouts();
    void start_timeout(timeout_action asked);
    void start_clock(timeout_action asked);

    // The first members are the flags: the compiler puts them into the padding behind the flags of the base.
    bool begins_ = true;                  ///< The first state is yet to be entered.
    bool in_enter_ = false;               ///< An enter callback runs.
    bool enters_ = false;                 ///< The decision asks for an enter callback.
    bool is_other_ = false;               ///< The event has changed the state.
    bool postpones_ = false;              ///< The current event is to be postponed.
    std::vector<any_message> queue_;      ///< The next event is the last.
    std::vector<any_message> postponed_;  ///< Oldest first.
    std::vector<running_timeout> timeouts_;
    std::vector<timeout_key> due_;  ///< Timeouts of zero, in the order of their starts.
    std::vector<std::pair<reply_address, owned_message>> replies_;
    std::vector<any_message> inserted_;
    std::vector<timeout_action> asked_;
};

/// The machine whose callback runs; null if the machine is dead. Ends the OS process with a message if the
/// running code belongs to no gen_statem.
statem_loop* current_machine();

}  // namespace coppice::detail

#pragma GCC visibility pop
