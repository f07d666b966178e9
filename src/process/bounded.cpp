// SPDX-License-Identifier: Apache-2.0
// A process with a bound on its mailbox. Other processes come here for nothing but one comparison: the toll of a
// bounded process has the value `send_toll::bounded`.
//
// A sender that waits has sent its message already. At the end of its turn the sender joins the list of the receiver
// and has no further turn until the receiver has room, ends, or an exit signal comes, see bounds.hpp. The receiver
// lets as many senders go as messages fit, at the end of a turn; at rest it lets all go.

#include <new>
#include <string>
#include <utility>

#include "process/answers.hpp"
#include "process/caller.hpp"
#include "process/offer.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice {

std::string_view to_string(mailbox_policy policy) noexcept {
    switch (policy) {
        case mailbox_policy::wait:
            return "wait";
        case mailbox_policy::refuse:
            return "refuse";
        case mailbox_policy::drop_newest:
            return "drop_newest";
        case mailbox_policy::drop_oldest:
            return "drop_oldest";
        case mailbox_policy::end:
            return "end";
    }
    return "?";
}

std::string_view to_string(send_status status) noexcept {
    switch (status) {
        case send_status::sent:
            return "sent";
        case send_status::full:
            return "full";
        case send_status::dropped:
            return "dropped";
        case send_status::gone:
            return "gone";
    }
    return "?";
}

namespace detail {

const mailbox_limit& checked(const mailbox_limit& given) {
    if (given.limit == 0) {
        throw badarg_error{"the limit of a mailbox is 0; it has to be at least 1"};
    }
    if (given.high_water > given.limit) {
        throw badarg_error{"the high water of a mailbox is " + std::to_string(given.high_water) +
                           "; it has to be at most the limit, which is " +
                           std::to_string(given.limit)};
    }
    return given;
}

process_layer::bounded_mailbox_ref process::own_bound() const noexcept {
    return toll_.now() == process_layer::send_toll::bounded
               ? runtime_.bounds_of_mailboxes().find(index_)
               : nullptr;
}

process_layer::receipt process::push(signal& moved, std::uint32_t generation) noexcept {
    if (generation != this->generation()) {
        return {};
    }
    const std::uint8_t toll = this->toll();
    return toll == process_layer::send_toll::bounded
               ? push_bounded(moved, generation, mailbox::sender_kind::insists)
               : push_without_bound(moved, generation, toll);
}

process_layer::receipt process::push_without_bound(signal& moved, std::uint32_t generation,
                                                   std::uint8_t toll) noexcept {
    if (!push_and_wake(moved, generation)) {
        return {};
    }
    return {.how = process_layer::sent::taken, .toll = toll, .slot = index_};
}

process_layer::receipt process::push_bounded(signal& moved, std::uint32_t generation,
                                             mailbox::sender_kind sender) noexcept {
    const process_layer::bounded_mailbox_ref limits = own_bound();
    if (generation != this->generation()) {
        return {};  // the bound may be of a later life, and that life counts only its own messages
    }
    if (limits == nullptr || !process_layer::takes_a_place(moved)) {
        return push_without_bound(moved, generation, 0);
    }
    const mailbox::admission fate = limits->admit([this] { return mailbox_.size(); }, sender);
    if (fate == mailbox::admission::refused || fate == mailbox::admission::dropped) {
        runtime_.emit_signal(base::event_kind::refused, self(), moved.from, &moved);
        return {.how = fate == mailbox::admission::refused ? process_layer::sent::full
                                                           : process_layer::sent::dropped};
    }
    const process_layer::receipt got = push_without_bound(
        moved, generation, toll_of(moved, *limits, fate == mailbox::admission::over));
    if (!got.is_accepted()) {
        limits->withdraw();
    }
    return got;
}

namespace {

/// Whether the sender of the signal waits for the answer.
bool is_awaited(const signal& moved) noexcept {
    return moved.kind == signal_kind::call && !moved.to_monitor;
}

}  // namespace

/// A sender to a process of the policy `wait` owes nothing before the mailbox is full. A caller waits anyway, and its
/// call may time out.
std::uint8_t process::toll_of(const signal& moved, const mailbox::bound& limits,
                              bool is_over) const noexcept {
    if (limits.policy() != mailbox_policy::wait) {
        return process_layer::send_toll::of(limits.waiting(mailbox_.size()),
                                            standing_.is_followed());
    }
    return is_over && !is_awaited(moved) ? process_layer::send_toll::bounded : std::uint8_t{0};
}

std::uint8_t process::toll_of_late(const signal& moved) const noexcept {
    const std::uint8_t toll = toll_.now();
    if (toll != process_layer::send_toll::bounded) {
        return toll;
    }
    const process_layer::bounded_mailbox_ref limits = own_bound();
    return limits == nullptr || !process_layer::takes_a_place(moved)
               ? std::uint8_t{0}
               : toll_of(moved, *limits, limits->room(mailbox_.size()) == 0);
}

bool process::refuses_one_who_asks(const signal& moved) const noexcept {
    const process_layer::bounded_mailbox_ref limits = own_bound();
    return limits != nullptr && process_layer::takes_a_place(moved) &&
           limits->refuses_one_who_asks(mailbox_.size());
}

/// After an intake. The rest of the work is outside of the intake: see drop_and_report().
void process::look_at_bound(process_layer::bounded_mailbox& limits) noexcept {
    if (limits.has_overflowed()) {
        doom(reason::mailbox_full);
        return;
    }
    limits.reports = limits.is_to_report(mailbox_.size()) || limits.reports;
    if (limits.reports || limits.surplus(mailbox_.size()) > 0) {
        life_.set(process_layer::life::mark::bounded);
    }
}

/// False if the process has been declared dead meanwhile. Called between two steps: no condition of a `receive` is
/// looking at a message that may be dropped.
bool process::drop_and_report() noexcept {
    life_.clear(process_layer::life::mark::bounded);
    const process_layer::bounded_mailbox_ref limits = own_bound();
    if (limits == nullptr) {
        return true;
    }
    drop_surplus(*limits);
    if (!std::exchange(limits->reports, false)) {
        return true;
    }
    custody_.leave();
    runtime_.report_if_possible(report_level::warning, self(), [&] {
        return mailbox_report{self(),
                              runtime_.names().name_of(self()),
                              limits->waiting(mailbox_.size()),
                              limits->chosen(),
                              limits->refused(),
                              limits->dropped()};
    });
    return custody_.enter();
}

void process::drop_surplus(process_layer::bounded_mailbox& limits) noexcept {
    const std::size_t surplus = limits.surplus(mailbox_.size());
    std::size_t lost = 0;
    for (; lost < surplus; ++lost) {
        message_node* const oldest = take_oldest();
        if (oldest == nullptr) {
            break;
        }
        drop(*oldest);
    }
    limits.note_fate(lost, surplus - lost);
}

/// Takes the oldest message that counts. The caller of a call learns that the call is lost. Null if there is no such
/// message, or no memory to tell a caller.
message_node* process::take_oldest() noexcept {
    return mailbox_.take_first([this](message_node& candidate) {
        if (!process_layer::takes_a_place(candidate)) {
            return false;
        }
        if (candidate.kind == signal_kind::call) {
            try {
                process_layer::tell_caller(runtime_, self(), candidate);
            } catch (const std::bad_alloc&) {
                return false;
            }
            bonds_.forget_watcher(candidate.tag);
            candidate.kind = signal_kind::message;
        }
        return true;
    });
}

/// The process `tired` has filled this mailbox. False if `tired` need not wait. As lets_follow().
bool process::lets_wait(process& tired) noexcept {
    tired.standing_.begin_following();
    if (tired.inbox_.has_exit() ||
        !runtime_.bounds_of_mailboxes().wait(tired.index_, tired, index_,
                                             [this] { return mailbox_.size(); })) {
        tired.standing_.stop_following();
        return false;
    }
    if (inbox_.is_at_rest()) {
        let_followers_go();
    }
    return true;
}

void process::let_waiting_go(bool at_rest) noexcept {
    const process_layer::bounded_mailbox_ref limits = own_bound();
    // Dekker, see bounds.hpp.
    if (limits == nullptr || !limits->is_awaited.load(std::memory_order_seq_cst)) {
        return;
    }
    if (const std::size_t room = limits->room(mailbox_.size()); room > 0) {
        let_go(runtime_.bounds_of_mailboxes().release(*limits, at_rest ? SIZE_MAX : room), false);
    }
}

/// The inbox is closed: a sender that finds the bound no more finds a dead process.
void process::end_bound() noexcept {
    let_go(runtime_.bounds_of_mailboxes().remove(index_), true);
}

}  // namespace detail

namespace process_layer {

bool waited_for_room(detail::runtime_core& world, const pid& to, detail::signal& moved) noexcept {
    detail::process* const slot = world.to_pids().bounded_slot_of(to);
    const bounded_mailbox_ref limits = slot == nullptr ? nullptr : slot->own_bound();
    if (limits == nullptr || limits->policy() != mailbox_policy::wait) {
        return false;
    }
    bounds& all = world.bounds_of_mailboxes();
    receipt got = world.to_pids().offer_if_room(to, moved);
    for (std::uint64_t seen = 0; got.how == sent::full;) {
        if (!all.begin_thread_wait(*limits, seen)) {
            return false;
        }
        got = world.to_pids().offer_if_room(to, moved);
        if (got.how == sent::full && !slot->has_room_at_rest(*limits)) {
            all.thread_wait(*limits, seen);
        }
    }
    return got.is_accepted();
}

}  // namespace process_layer
}  // namespace coppice
