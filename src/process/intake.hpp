// SPDX-License-Identifier: Apache-2.0
// The intake of signals. Inline, because each turn begins with an intake.

#pragma once

#include <utility>

#include "base/turn.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

/// False if memory ran out before the last signal. `limits`: null for a mailbox without a bound.
[[gnu::always_inline]] inline bool process::handle_all(signal* next, bool first_is_known,
                                                       mailbox::bound* limits) noexcept {
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
        const bool counted = limits != nullptr && process_layer::takes_a_place(*taken);
        if (runtime_.wants_events() && !first_is_known) [[unlikely]] {
            tell_received(*taken);
        }
        first_is_known = false;
        if (taken->kind == signal_kind::message &&
            !life_.is_doomed()) {  // the usual case, needs no memory
            ++base::messages_here;
            mailbox_.append(static_cast<message_node&>(*taken));
        } else if (!(taken->kind == signal_kind::call ? received_call(*taken) : handled(*taken))) {
            starve(*taken, next);
            return false;
        }
        if (counted) {
            limits->moved();
        }
    }
    return true;
}

/// The wait owns the message now.
[[gnu::always_inline]] inline void process::end_search(const message_node& found) noexcept {
    handling_ = process_layer::handled_message{found.type->taken(found)};
    wait_over_ = true;
}

/// A lone signal for the wait goes there directly: the handling and the search of an empty list would come to the
/// same.
[[gnu::always_inline]] inline process::handover process::hand_over(signal& lone) noexcept {
    if (wait_ == nullptr || wait_over_ || !mailbox_.empty() || life_.needs_care() ||
        runtime_.wants_events()) {
        return handover::refused;
    }
    if (lone.kind == signal_kind::message) {
        return hand_over_message(static_cast<message_node&>(lone));
    }
    return lone.kind == signal_kind::reply ? hand_over_reply(lone) : handover::refused;
}

[[gnu::always_inline]] inline process::handover process::hand_over_message(
    message_node& lone) noexcept {
    if (wait_->looks != mailbox_look::by_type || !wait_->claim(lone)) {
        return handover::refused;
    }
    ++base::messages_here;
    end_search(lone);
    return handover::ends_wait;
}

/// False, without effect, if there is no memory. Precondition: the wait has the tag of the reply.
[[gnu::always_inline]] inline bool process::give_to_wait(message_node& reply) noexcept {
    const reply_effect done = wait_->on_reply(reply);
    if (done == reply_effect::is_kept) [[likely]] {
        wait_over_ = true;
        return true;
    }
    if (done == reply_effect::no_memory) {
        return false;
    }
    wait_over_ = wait_over_ || done == reply_effect::ends_wait;
    drop(reply);
    return true;
}

[[gnu::always_inline]] inline process::handover process::hand_over_reply(signal& lone) noexcept {
    if (wait_->tag_ == 0 || wait_->tag_ != lone.tag) {
        return handover::refused;
    }
    if (!give_to_wait(static_cast<message_node&>(lone))) {
        return handover::refused;  // the handling may use the reserve
    }
    return wait_over_ && !life_.needs_care() ? handover::ends_wait : handover::taken;
}

/// True if the wait has got its signal. Then nothing else is to be done before the next step.
[[gnu::always_inline]] inline bool process::take_in_here() noexcept {
    // A process with followers has a toll, and so has a process with a bound: the toll stands for all.
    if (toll_.now() != 0) [[unlikely]] {
        take_in_with_toll();
        return false;
    }
    if (late_ != nullptr && !life_.is_doomed() && !handle_late(nullptr)) {
        return false;
    }
    signal* const first = inbox_.take_all(generation_.load(std::memory_order_relaxed));
    if (first != nullptr && first->next == nullptr) {
        if (const handover done = hand_over(*first); done != handover::refused) {
            return done == handover::ends_wait;
        }
    }
    handle_all(first, false, nullptr);
    if (mailbox_.size() >= process_layer::send_toll::backlog_of_one) {
        toll_.set_for(mailbox_.size(), standing_.is_followed());
    }
    return false;
}

}  // namespace coppice::detail
