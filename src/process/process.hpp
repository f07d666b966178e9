// SPDX-License-Identifier: Apache-2.0
// A process. Its fields, and the threads that may access them, are in process_parts.hpp; the states of its life
// are in life.hpp.
//
// Invariants
//   1. User code (handlers, conditions, printers, destructors) never runs inside the custody.
//   2. A process is in one queue at most. The process is enqueued by `begin`, by the push that takes the
//      inbox out of `blocked`, at the end of a turn without blocking, or, as a follower, when the receiver
//      lets go. No two of these can coincide.
//   3. Signals are handled in the order of pushes, and before the body sees a message that was pushed later.
//      Exception: while the thread is lost, the sentinel puts off signals that need the thread.
//   4. The order of an end: destructors run, then timers and names go, then links and monitors are told, then
//      questions to the process are answered. Exception: of a lost process destructors run and timers go last,
//      when the handler returns.

#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "coppice/detail/reply.hpp"
#include "coppice/process.hpp"
#include "coppice/report.hpp"
#include "process/bounds.hpp"
#include "process/process_parts.hpp"
#include "process/receipt.hpp"
#include "process/signals.hpp"

namespace coppice::process_layer {
class process_table;
}

namespace coppice::detail {

class process final : public process_layer::process_parts {
  public:
    process(runtime_core& world, std::uint32_t index, std::uint32_t first_generation)
        : process_parts{world, index, first_generation} {}
    /// Destroys the body and all pending signals when the runtime ends.
    ~process();
    /// Whether the slot has no process. Such a slot owns nothing, so its destructor need not run.
    bool is_free() const noexcept { return life_.now() == process_layer::life::state::free; }

    // Any thread.
    /// Takes the signal. If the life `generation` is over, the caller keeps the signal.
    process_layer::receipt push(signal& moved, std::uint32_t generation) noexcept;
    /// The same if the sender owes no toll. False: nothing has changed, and `push` knows more. See offer.hpp.
    bool takes(signal& moved, std::uint32_t generation) noexcept;
    /// As `push`, for a process with a bound.
    process_layer::receipt push_bounded(signal& moved, std::uint32_t generation,
                                        mailbox::sender_kind sender) noexcept;
    /// The toll in a receipt for a signal that arrives later.
    std::uint8_t toll_of_late(const signal& moved) const noexcept;
    /// Whether the message is refused now. A refusal counts.
    bool refuses_one_who_asks(const signal& moved) const noexcept;
    /// The bound of the life in the slot; null for none.
    process_layer::bounded_mailbox_ref own_bound() const noexcept;
    /// A thread of the program looks for room, after `bounds::begin_thread_wait`. True if there is room, and no
    /// turn is going to tell.
    bool has_room_at_rest(const mailbox::bound& limits) const noexcept {
        return inbox_.is_at_rest() && limits.room(mailbox_.size()) > 0;
    }

    // The spawner, before any other thread knows the process.
    void born_at(std::uint32_t when) noexcept { next_free_.store(when, std::memory_order_relaxed); }
    /// `is_bounded`: the bound is in `runtime_core::bounds_of_mailboxes`.
    void be_born(std::unique_ptr<body>&& what, const process_layer::ancestry& ancestors,
                 bool is_bounded) noexcept;
    /// Called instead of `be_born` without memory. Frees the slot; the pid was never given out.
    void be_stillborn() noexcept;
    void begin() noexcept;

    void run_turn() noexcept override;

    // The sentinel, while a turn lasts.
    void ask_to_yield() noexcept override;
    /// Handles signals while the handler does not return. If an exit signal is fatal, the process is dead at
    /// once for all other threads, and the handler runs on alone.
    void serve_in_absence(std::chrono::nanoseconds so_far) noexcept override;
    struct turn_description {
        pid who;
        std::string initial_call;  ///< Empty if the handler has returned meanwhile.
        std::string message;       ///< The type of the message in the handler; empty if none.
    };
    turn_description describe_turn();

    // The process itself, during its turn.
    /// Enters the custody for a request of user code to the runtime. False if the process is dead.
    process_layer::custody::hold inside() noexcept {
        return process_layer::custody::hold{custody_};
    }
    /// Whether the process has been killed or the end has begun: code still running in the process unwinds.
    bool is_doomed() noexcept;
    pid self() const noexcept { return id(generation_.load(std::memory_order_relaxed)); }
    runtime_core& world() const noexcept { return runtime_; }
    void run_task(task<> root);
    void end(exit_reason&& why);
    /// For the exception that is being caught, see crash_boundary.hpp.
    void fail_here() noexcept;
    void wait_on(waiter& w) noexcept { wait_ = &w; }
    /// The wait could not begin, or the waiting coroutine is being destroyed.
    void forget_wait(const waiter& w) noexcept {
        if (wait_ == &w) {
            abandon_wait();
        }
    }
    void give_way(std::coroutine_handle<> here) noexcept {
        yielded_ = here;
        gives_way_ = true;
    }
    /// The turn resumes `next` after the running coroutines have returned to the turn.
    void go_on_later(std::coroutine_handle<> next) noexcept { yielded_ = next; }
    const process_layer::handled_message& handled() const noexcept { return handling_; }
    void mark_handled(std::uint8_t marks) noexcept {
        handling_ = process_layer::handled_message{handling_.with_marks(marks)};
    }
    /// Charges a send without a toll.
    void spend_on_send() noexcept { reduce(1); }
    /// Charges a send.
    void spend_on(process_layer::receipt got) noexcept {
        reduce(1);
        if (got.toll != 0) {
            pay_toll(got);
        }
    }
    /// After an exit signal: ends the wait for a receiver to catch up. Any thread.
    void stop_following() noexcept;
    /// Whether the turn has to end: the count has reached `reductions`, or the sentinel hurries the turn.
    bool has_spent(std::uint64_t reductions) const noexcept {
        return this->reductions() >= reductions || hurried_.load(std::memory_order_relaxed);
    }
    /// Null once the body is being destroyed.
    body* running_body() noexcept { return body_.get(); }
    /// The body is done; the destruction may have begun. Precondition: the thread is inside the custody.
    bool has_ended() const noexcept { return life_.has_ended(); }
    crash_report describe_crash(const exit_reason& why);

    /// Links and monitors. Precondition: the thread is inside the custody. Before the birth: the spawner.
    process_layer::bonds& own_bonds() noexcept { return bonds_; }
    void link_to(const pid& peer);
    void unlink_from(const pid& peer);
    /// Asks the target for a monitor whose down signal becomes a message.
    void monitor(std::uint64_t tag, const pid& target, name_if_any name);
    /// False if the monitor was not active.
    bool unwatch(std::uint64_t tag);
    bool trap_exit(bool on) noexcept;
    bool traps_exits() const noexcept { return traps_exits_; }
    /// Empty for a process started from outside, and for the first process of a line.
    pid parent() const noexcept { return ancestors_ ? ancestors_->who : pid{}; }
    /// The ancestry for new children.
    const process_layer::ancestry& ancestry_of_children();
    /// From now on children descend from this process and from no earlier ancestor.
    void begin_line() noexcept {
        ancestors_ = {};
        of_children_ = {};
    }
    /// Also for the sentinel. Empty if the process begins a line.
    pid first_of_line() const noexcept { return first_of(ancestors_); }
    owned_message take_exit_message(const pid& from);
    std::vector<owned_message> take_exit_messages();
    bool take_down_message(std::uint64_t tag);
    /// Takes the first message with one of the tags; null if there is none.
    owned_message take_tagged(std::span<const std::uint64_t> tags);
    /// Takes the response to the request out of the mailbox.
    void take_response(std::uint64_t tag);
    template <class Accepts>
    bool take_first_message(Accepts accepts);
    void take_in() noexcept;
    process_information information() const;
    /// Fills in the blank of the reply. If an exception is thrown, the asking process throws.
    void fill_in(process_layer::request_signal& asked) const;
    void tell_messages(served_messages& out) const noexcept;
    std::vector<mailbox_count> count_mailbox() const;
    /// Whether an exit signal from the process to itself is fatal.
    bool dies_of_own_signal(const exit_reason& why) const noexcept;
    void doom(exit_reason why) noexcept;

  private:
    friend class process_layer::process_table;  // the list of free slots goes through the slots

    /// A load and a store suffice: only the turn's thread writes the counter.
    void reduce(std::uint64_t reductions) noexcept {
        reductions_.store(this->reductions() + reductions, std::memory_order_relaxed);
    }

    enum class readiness : std::uint8_t { no, yes, later, ended };

    // Conditions of `receive`, conditions.cpp.
    enum class answer : std::uint8_t { refused, accepted, gone };
    readiness ask_conditions() noexcept;
    answer ask_about(const message_node& candidate) noexcept;

    // Signals, signal_handling.cpp and intake.hpp.
    bool take_in_here() noexcept;
    enum class handover : std::uint8_t { refused, taken, ends_wait };
    handover hand_over(signal& lone) noexcept;
    handover hand_over_message(message_node& lone) noexcept;
    handover hand_over_reply(signal& lone) noexcept;
    void end_search(const message_node& found) noexcept;
    void tell_received(const signal& taken) noexcept;
    bool handle_all(signal* next, bool first_is_known, mailbox::bound* limits) noexcept;
    bool handle_late(mailbox::bound* limits) noexcept;
    void take_in_with_toll() noexcept;
    bool handled(signal& taken) noexcept;
    bool received_call(signal& taken) noexcept;
    void admit_call(message_node& call);
    void starve(signal& first, signal* others) noexcept;
    void handle(signal& taken);
    void drop(signal& handled) noexcept;
    signal* take_late() noexcept;
    bool destroy_dropped() noexcept;
    void handle_exit(process_layer::exit_signal& s);
    void handle_link_exit(process_layer::exit_signal& s);
    void receive_exit(const pid& from, const exit_reason& why);
    void handle_down(down_signal& s);
    bool is_for_wait(const signal& s) const noexcept;
    void handle_tagged(signal& s);
    void handle_reply(message_node& reply);
    bool give_to_wait(message_node& reply) noexcept;
    bool has_asked(const signal& s) const noexcept;
    void receive_result(message_node& reply) noexcept;
    void receive_response(signal& s);

    // Turns.
    enum class choice : std::uint8_t { step, look, left };
    choice choose(std::uint64_t ends_at, unsigned unlooked) noexcept;
    void run_until(std::uint64_t ends_at, unsigned unlooked) noexcept;
    bool goes_on_after_step(unsigned& unlooked) noexcept;
    bool begins_with_step() const noexcept;
    bool blocks() noexcept;
    bool rests() const noexcept;
    void end_outside() noexcept;
    bool goes_with_others() noexcept;
    void go_to_the_back(bool has_caught_up) noexcept;
    bool has_to_look() const noexcept;
    bool has_put_off() const noexcept;
    /// Whether a coroutine of the body runs or waits.
    bool has_root() const noexcept { return static_cast<bool>(root_); }
    readiness ready();
    readiness wait_is_over();
    bool take_wanted() noexcept;
    bool step();
    void go_on();
    std::coroutine_handle<> end_wait() noexcept;
    void handle_message(message_node& next);
    void abandon_wait() noexcept;
    void resume(std::coroutine_handle<> next);
    void release_coroutines() noexcept;
    void after_root();
    void fail(const std::exception_ptr& error);
    void fail_again(const std::exception_ptr& error);

    // Back-pressure: the toll on sends to a backlogged process, backlog.cpp.
    bool is_normal() const noexcept {
        return urgency.load(std::memory_order_relaxed) == sched::rank::normal;
    }
    void pay_toll(process_layer::receipt got) noexcept;
    bool follow_receiver() noexcept;
    bool lets_follow(process& tired, bool one_by_one) noexcept;
    void let_go(sched::runnable* next, bool to_the_back) noexcept;
    void let_followers_go() noexcept {
        if (standing_.is_followed_at_rest() || is_bounded()) [[unlikely]] {
            let_all_followers_go();
        }
    }
    void let_all_followers_go() noexcept;
    void let_next_follower_go(bool has_caught_up) noexcept;

    // The bound of the mailbox, bounded.cpp.
    bool is_bounded() const noexcept { return toll_.now() == process_layer::send_toll::bounded; }
    bool push_and_wake(signal& moved, std::uint32_t generation) noexcept;
    process_layer::receipt push_without_bound(signal& moved, std::uint32_t generation,
                                              std::uint8_t toll) noexcept;
    std::uint8_t toll_of(const signal& moved, const mailbox::bound& limits,
                         bool is_over) const noexcept;
    void look_at_bound(process_layer::bounded_mailbox& limits) noexcept;
    bool attend_to_bound() noexcept {
        return !life_.has(process_layer::life::mark::bounded) || drop_and_report();
    }
    bool drop_and_report() noexcept;
    void drop_surplus(process_layer::bounded_mailbox& limits) noexcept;
    message_node* take_oldest() noexcept;
    bool lets_wait(process& tired) noexcept;
    void let_waiting_go(bool at_rest) noexcept;
    void end_bound() noexcept;

    // The end, death.cpp.
    bool die() noexcept;
    void end_or_starve() noexcept;
    void destroy_body() noexcept;
    bool destroyed_outside(const pid& me) noexcept;
    void destroy_late() noexcept;
    void note_end(const pid& me) noexcept;
    void note_end_and_give_up_names(const pid& me);
    void tell_end(const pid& me);
    const process_layer::ancestry& ancestry_anew(bool named);
    void tell_others(const pid& me);
    void give_up_timers(const pid& me) noexcept;
    void put_off(signal& late) noexcept;
    void answer_all(const pid& me, signal* last);
    void reset() noexcept;
    void leave_slot(const pid& me) noexcept;
    void finish_absent_death() noexcept;

    // While the thread of the process is lost, absence.cpp.
    void take_in_absently() noexcept;
    void handle_absently(signal* next, mailbox::bound* limits) noexcept;
    bool is_given_up(std::chrono::nanoseconds so_far) const noexcept;
    bool die_in_absence() noexcept;
};

static_assert(sizeof(process) == sizeof(process_layer::process_parts),
              "all data of a process is in its parts");

inline void process::be_born(std::unique_ptr<body>&& what, const process_layer::ancestry& ancestors,
                             bool is_bounded) noexcept {
    body_ = std::move(what);
    supervisor_.store(body_->kind().supervises, std::memory_order_relaxed);
    ancestors_ = ancestors;
    life_.be_born();
    claims_.begin_anew();
    toll_.begin_anew(is_bounded);
    // Open but not blocked: signals queue up, and only begin() enqueues the process.
    inbox_.open(generation_.load(std::memory_order_relaxed), false);
}

}  // namespace coppice::detail
