// SPDX-License-Identifier: Apache-2.0
// One process: its inbox, its mailbox, what it is linked to and what it runs.
//
// Invariants
//   1. Only the worker whose turn it is touches anything but `inbox_` and `generation_`; while it
//      runs code of the user's and does not come back, the sentinel may take its place, as
//      `custody.hpp` tells. Code of the user's never runs inside, whatever it is: handlers,
//      conditions, printers, destructors.
//   2. A process is enqueued exactly when its inbox leaves `blocked`; so it is in one queue at most.
//   3. Every signal is handled in the order in which it was pushed, before the body sees a message
//      that was pushed later.
//   4. At the end: destructors run, then timers and names go, then links and monitors hear of it,
//   then those who ask about it.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ordered_index.hpp"
#include "coppice/process.hpp"
#include "coppice/report.hpp"
#include "mailbox/inbox.hpp"
#include "mailbox/message_list.hpp"
#include "process/ancestry.hpp"
#include "process/custody.hpp"
#include "process/followers.hpp"
#include "process/handled_message.hpp"
#include "process/signals.hpp"
#include "sched/runnable.hpp"

namespace coppice::detail {

class alignas(64) process final : public sched::runnable {
  public:
    process(runtime_core& world, std::uint32_t index, std::uint32_t first_generation)
        : index_{index}, generation_{first_generation}, world_{world} {}
    /// What never got a turn goes with the runtime.
    ~process();

    // Any thread.
    inline pid id(std::uint32_t generation) const noexcept;
    std::uint32_t generation() const noexcept {
        return generation_.load(std::memory_order_acquire);
    }
    std::uint32_t index() const noexcept { return index_; }
    /// Of a slot in which nobody will live any more.
    static constexpr std::uint32_t no_generation = 0;
    bool is_open(std::uint32_t generation) const noexcept {
        return !is_dying(generation) && inbox_.is_open(generation);
    }
    /// Takes the signal, unless that life is over: then it answers false and the caller keeps it.
    bool push(signal& sent, std::uint32_t generation) noexcept;

    bool is_supervisor() const noexcept { return supervisor_.load(std::memory_order_relaxed); }
    /// Says that a name or a timer is being given to that life of the process. Then the giver asks
    /// `is_dying`: either it sees that the end has begun, or the end sees what was given.
    void mark_named() noexcept { mark(was_named); }
    /// The shard that keeps every timer of this life of the process, so that they fire in order. It is
    /// the first setter's own, whose number is `mine`.
    unsigned mark_timed(unsigned mine) noexcept {
        const auto own = static_cast<std::uint8_t>(1 + mine % timers_in);
        std::uint8_t marks = marks_.load(std::memory_order_seq_cst);
        while ((marks & timers_in) == 0) {
            const auto both = static_cast<std::uint8_t>(marks | own);
            if (marks_.compare_exchange_weak(marks, both, std::memory_order_seq_cst)) {
                return own - 1U;
            }
        }
        return (marks & timers_in) - 1U;
    }
    bool is_dying(std::uint32_t generation) const noexcept {
        return generation != this->generation() || dying_.load(std::memory_order_seq_cst);
    }

    // Any thread, and of whichever life it is: who asks compares the generation afterwards.
    std::size_t queue_len_estimate() const noexcept {
        return mailbox_.size() + (inbox_.has_signals() ? 1U : 0U);
    }
    bool is_waiting() const noexcept { return inbox_.is_at_rest(); }
    std::uint32_t birth() const noexcept { return next_free_.load(std::memory_order_relaxed); }
    bool may_have_name() const noexcept { return has_mark(was_named); }

    // The spawner, before anybody else knows the process.
    void born_at(std::uint32_t when) noexcept { next_free_.store(when, std::memory_order_relaxed); }
    void be_born(std::unique_ptr<body> what, ancestry ancestors) noexcept;
    /// Instead, if there is no memory: the slot is free again, and its pid has never been.
    void be_stillborn() noexcept;
    void begin() noexcept;
    void add_watcher(std::uint64_t tag, const pid& who, bool to_waiter) {
        monitored_by_.insert(tag, {who, to_waiter, {}});
    }

    void run_turn() noexcept override;

    // The sentinel, while a turn lasts.
    void hurry() noexcept override;
    /// Handles what has come in for a process that does not come back to do it. If an exit signal
    /// is fatal the process is dead to everybody at once, and its handler goes on alone.
    void look_after(std::chrono::nanoseconds so_far) noexcept override;
    struct turn_description {
        pid who;
        std::string initial_call;  ///< Empty if the process has come back meanwhile.
        std::string message;       ///< The type of what is being handled; empty if nothing is.
    };
    turn_description describe_turn();

    // The process itself, during its turn.
    /// For everything that code of the user's asks of the runtime: false if the process is dead.
    custody::hold inside() noexcept { return custody::hold{custody_}; }
    /// It has ended: what still runs in it unwinds.
    bool is_doomed() noexcept;
    pid self() const noexcept { return id(generation_.load(std::memory_order_relaxed)); }
    runtime_core& world() const noexcept { return world_; }
    void run_task(task<> root);
    void end(exit_reason why);
    void wait_on(waiter& w) noexcept { wait_ = &w; }
    /// Its wait is over, or its coroutine is gone.
    void forget_wait(const waiter& w) noexcept {
        if (wait_ == &w) {
            abandon_wait();
        }
    }
    void give_way(std::coroutine_handle<> here) noexcept {
        yielded_ = here;
        gives_way_ = true;
    }
    /// In the same turn, when all of its coroutines have returned.
    void go_on_later(std::coroutine_handle<> next) noexcept { yielded_ = next; }
    const handled_message& handled() const noexcept { return handling_; }
    void mark_handled(std::uint8_t marks) noexcept {
        handling_ = handled_message{handling_.with_marks(marks)};
    }
    /// Has sent something to that process, or to nobody: then it is null.
    void spend_on(process* receiver) noexcept {
        reduce(1);
        if (receiver != nullptr) {
            if (const auto toll = receiver->toll_.load(std::memory_order_relaxed); toll != 0) {
                pay_toll(*receiver, toll);
            }
        }
    }
    /// After an exit signal to it: any thread.
    void stop_following() noexcept;
    /// Whether the turn that may last until so many reductions has to end.
    bool has_spent(std::uint64_t reductions) const noexcept {
        return this->reductions() >= reductions || hurried_.load(std::memory_order_relaxed);
    }
    /// Any thread.
    std::uint64_t reductions() const noexcept {
        return reductions_.load(std::memory_order_relaxed);
    }
    /// Null once it is being destroyed.
    body* running_body() noexcept { return body_.get(); }
    /// Its body is done, and may be being destroyed.
    bool has_ended() const noexcept { return ended_; }
    crash_report describe_crash(const exit_reason& why);

    void link_to(const pid& peer);
    void unlink_from(const pid& peer);
    void add_link(const pid& peer) { links_.insert(peer, linked); }
    /// What a spawn that failed may have left here.
    void forget_stillborn(const pid& child, const spawn_request& how) noexcept;
    /// Whom it is linked to.
    std::vector<pid> links() const;
    /// Notes a monitor that its target knows of already.
    void watch(std::uint64_t tag, const pid& target);
    /// Asks for one whose end is a message.
    void monitor(std::uint64_t tag, const pid& target, name_if_any name);
    /// Whether the monitor was active.
    bool unwatch(std::uint64_t tag);
    void forget_watcher(std::uint64_t tag);
    bool trap_exit(bool on) noexcept;
    bool traps_exits() const noexcept { return traps_exits_; }
    /// Empty if it was started from outside.
    pid parent() const noexcept { return ancestors_ ? ancestors_->who : pid{}; }
    /// What its children get as their ancestry.
    const ancestry& ancestry_of_children();
    /// Its children begin with it, and descend from nobody before.
    void begin_line() noexcept {
        ancestors_ = {};
        of_children_ = {};
    }
    /// Also the sentinel. Empty if it begins one.
    pid first_of_line() const noexcept { return first_of(ancestors_); }
    owned_message take_exit_message(const pid& from);
    std::vector<owned_message> take_exit_messages();
    bool take_down_message(std::uint64_t tag);
    void take_in() noexcept;
    process_information information() const;
    void tell_messages(served_messages& out) const noexcept;
    std::vector<mailbox_count> count_mailbox() const;
    /// What an exit signal from itself does: true if the process dies of it.
    bool dies_of_own_signal(const exit_reason& why) const noexcept;
    void doom(exit_reason why) noexcept;

  private:
    struct watcher {
        pid who;
        bool to_waiter = false;
        name_if_any name;
    };
    static constexpr std::uint64_t linked = 0;
    static constexpr std::uint8_t was_named = 0x80;
    static constexpr std::uint8_t timers_in = 0x7F;  ///< One more than the shard's number, or 0.

    /// Nobody else writes it.
    void reduce(std::uint64_t reductions) noexcept {
        reductions_.store(this->reductions() + reductions, std::memory_order_relaxed);
    }
    void mark(std::uint8_t what) noexcept {
        if (!has_mark(what)) {  // to look costs less than to write
            marks_.fetch_or(what, std::memory_order_seq_cst);
        }
    }
    bool has_mark(std::uint8_t what) const noexcept {
        return (marks_.load(std::memory_order_seq_cst) & what) != 0;
    }

    enum class readiness : std::uint8_t { no, yes, later, ended };

    // Conditions of the user's, process_conditions.cpp.
    enum class answer : std::uint8_t { refused, accepted, gone };
    readiness ask_conditions() noexcept;
    answer ask_about(const message_node& candidate) noexcept;

    // Signals, process_signals.cpp.
    bool handle_all(signal* next, bool first_is_known) noexcept;
    bool handle_late() noexcept;
    bool handled(signal& taken) noexcept;
    void starve(signal& first, signal* others) noexcept;
    void handle(signal& taken);
    void drop(signal& handled) noexcept;
    signal* take_late() noexcept;
    bool destroy_dropped() noexcept;
    void handle_exit(exit_signal& s);
    void handle_unlink(signal& s);
    void handle_link_exit(exit_signal& s);
    void receive_exit(const pid& from, const exit_reason& why);
    void handle_monitor(monitor_signal& s);
    void handle_down(down_signal& s);
    void handle_tagged(signal* s);

    // Turns.
    void run_until(std::uint64_t ends_at) noexcept;
    void end_outside() noexcept;
    bool goes_with_others() noexcept;
    void go_to_the_back(bool has_caught_up) noexcept;
    bool has_to_look() const noexcept;
    bool has_arrivals() const noexcept;
    readiness ready();
    readiness wait_is_over();
    bool step();
    void go_on();
    std::coroutine_handle<> next_resumption();
    void handle_message(message_node& next);
    void abandon_wait() noexcept;
    void resume(std::coroutine_handle<> next);
    void release_coroutines() noexcept;
    void after_root();
    void fail(const std::exception_ptr& error);
    void fail_again(const std::exception_ptr& error);

    // What who sends to a process that is behind pays, process_toll.cpp.
    bool is_normal() const noexcept {
        return urgency.load(std::memory_order_relaxed) == sched::rank::normal;
    }
    bool is_followed() const noexcept {
        return (standing_.load(std::memory_order_relaxed) & followers::raised) != 0;
    }
    /// Whether it is followed, or has paid tolls: nothing of the kind is the rule.
    bool is_entangled() const noexcept { return standing_.load(std::memory_order_relaxed) != 0; }
    static constexpr std::size_t backlog_of_a_toll = 32;
    static constexpr std::uint8_t owing = 2;      ///< Has paid a toll in this turn.
    static constexpr std::uint8_t following = 4;  ///< Is about to follow, or follows.
    static constexpr std::uint8_t not_following = static_cast<std::uint8_t>(~following);
    static constexpr std::uint8_t debt_unit = 8;  ///< The bits above count what it owes.
    static constexpr std::uint64_t debt_units_max = 31;
    static constexpr std::uint64_t debt_grain = 8;  ///< Reductions of a unit.
    static constexpr std::uint64_t debt_max = 2 * debt_grain * debt_units_max;
    void set_toll() noexcept;
    void pay_toll(process& receiver, std::uint8_t toll) noexcept;
    std::uint64_t debt() const noexcept;
    void owe(std::uint64_t reductions) noexcept;
    bool follow_receiver() noexcept;
    bool lets_follow(process& tired, bool one_by_one) noexcept;
    void let_go(sched::runnable* next, bool to_the_back) noexcept;
    void let_followers_go() noexcept;
    void let_next_follower_go(bool has_caught_up) noexcept;

    // The end, process_death.cpp.
    bool die() noexcept;
    void end_or_starve() noexcept;
    void destroy_body() noexcept;
    bool destroyed_outside(const pid& me) noexcept;
    void destroy_late() noexcept;
    void note_end(const pid& me) noexcept;
    void tell_end(const pid& me);
    void tell_others(const pid& me);
    void give_up_names(const pid& me);
    void give_up_timers(const pid& me) noexcept;
    void put_off(signal& late) noexcept;
    void answer_all(const pid& me);
    void reset() noexcept;
    void leave_slot(const pid& me) noexcept;

    // In the absence of its thread, process_absence.cpp.
    void take_in_absently() noexcept;
    void handle_absently(signal* next) noexcept;
    bool is_given_up(std::chrono::nanoseconds so_far) const noexcept;
    bool die_in_absence() noexcept;
    void bury_alone() noexcept;

    // A million processes are a million of these: three cache lines. docs/internals/memory.md
    // accounts for every byte.

    // The first line is the others': who sends writes it, and the owner, who then has to fetch it,
    // keeps here what it needs only when it looks into its inbox, has children, or ends.
    std::atomic<std::uint8_t> marks_{0};  ///< `was_named`, `timers_in`.
    std::atomic<std::uint8_t> toll_{0};   ///< What a send to it costs besides.
    std::atomic<bool> dying_{false};
    friend class process_table;
    /// Of a free slot. While a process lives in it: when that was born, as the flight recorder counts.
    std::atomic<std::uint32_t> next_free_{0};
    const std::uint32_t index_;
    std::atomic<std::uint32_t> generation_;
    mailbox::inbox inbox_;
    exit_reason why_;
    /// Newest first. Came after what killed it and is refused when all have been told; or came
    /// while its thread was lost and has to wait for that.
    signal* late_ = nullptr;
    ancestry of_children_;  ///< Made with the first child.

    // The other two are the owner's.
    custody custody_;
    std::atomic<bool> hurried_{false};
    std::atomic<bool> supervisor_{false};
    followers::flag standing_{0};  ///< As `owing` and what follows it say.
    bool has_root_ = false;   ///< These two the turn's thread writes also when it is not inside,
    bool gives_way_ = false;  ///< so they share no byte with what the sentinel may write.
    bool traps_exits_ : 1 = false;
    bool wait_over_ : 1 = false;
    bool begun_ : 1 = false;
    bool ended_ : 1 = false;     ///< The body is done; `why_` says how.
    bool doomed_ : 1 = false;    ///< An exit signal has killed it; the body must not run again.
    bool starved_ : 1 = false;   ///< There was no memory to handle what is first in `late_`.
    bool end_told_ : 1 = false;  ///< To whoever watches the runtime.
    bool drops_ : 1 = false;     ///< `late_` has what only remains to be destroyed.
    runtime_core& world_;
    std::unique_ptr<body> body_;
    task<> root_;
    waiter* wait_ = nullptr;
    std::coroutine_handle<> yielded_;
    handled_message handling_;                  ///< What the body got last.
    std::atomic<std::uint64_t> reductions_{0};  ///< Written by the turn's thread alone.
    mailbox::message_list mailbox_;
    /// `linked`, or the number of the unlink signal that the peer has not acknowledged yet.
    base::ordered_index<pid, std::uint64_t> links_;
    base::ordered_index<std::uint64_t, pid> watching_;  ///< For messages, not for waits.
    base::ordered_index<std::uint64_t, watcher> monitored_by_;
    ancestry ancestors_;
};

/// False if there was no memory: then nothing has changed, and the signal is the caller's still.
[[gnu::always_inline]] inline bool process::handled(signal& taken) noexcept {
    try {
        with_reserve([&] { handle(taken); });
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// Under which a process's timers are kept.
inline std::uint64_t timer_owner(const pid& who) noexcept {
    return (std::uint64_t{who.generation()} << 32U) | who.index();
}

/// Whether to destroy it may run code of the user's.
bool may_hold_value(const signal& s) noexcept;

/// Consumes a signal to a dead process, with the answer that the dead give. Throws std::bad_alloc for
/// a call, and for nothing else.
void refuse(runtime_core& world, const pid& dead, signal* refused);
/// That answer for a call, which stays. Nothing has changed if it throws.
void tell_caller(runtime_core& world, const pid& dead, const signal& call);

}  // namespace coppice::detail
