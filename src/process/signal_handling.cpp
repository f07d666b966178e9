// SPDX-License-Identifier: Apache-2.0
// The effect of each signal on a living process.

#include <new>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/reply.hpp"
#include "process/answers.hpp"
#include "process/intake.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

namespace {

void answer_request(runtime_core& world, process_layer::request_signal& asked,
                    const process& target) noexcept {
    try {
        target.fill_in(asked);
    } catch (...) {
        asked.reply->flag = false;  // the asking process throws then
    }
    send_reply_of(world, target.self(), asked);
}

}  // namespace

/// Puts these signals off until the next turn, when there may be memory.
[[gnu::cold]] void process::starve(signal& first, signal* others) noexcept {
    life_.set(process_layer::life::mark::starved);
    put_off(first);
    while (others != nullptr) {
        put_off(*std::exchange(others, others->next));
    }
}

[[gnu::cold, gnu::noinline]] void process::tell_received(const signal& taken) noexcept {
    runtime_.emit_signal(base::event_kind::received, self(), taken.from, &taken);
}

/// Handles the signals that were put off. False as `handle_all`.
[[gnu::noinline]] bool process::handle_late(mailbox::bound* limits) noexcept {
    const bool starved = life_.has(process_layer::life::mark::starved);
    life_.clear(process_layer::life::mark::starved);
    return handle_all(take_late(), starved, limits);
}

/// The intake of a process with a backlog, with followers or with a bound.
[[gnu::noinline]] void process::take_in_with_toll() noexcept {
    const process_layer::bounded_mailbox_ref limits = own_bound();
    if (late_ != nullptr && !life_.is_doomed() && !handle_late(limits.get())) {
        return;
    }
    handle_all(inbox_.take_all(generation_.load(std::memory_order_relaxed)), false, limits.get());
    if (limits != nullptr) {
        look_at_bound(*limits);
    } else if (toll_.now() != process_layer::send_toll::bounded) {
        toll_.set_for(mailbox_.size(), standing_.is_followed());
    }
}

void process::take_in() noexcept {
    take_in_here();
}

/// False if there was no memory. Then nothing has changed, and the caller keeps the signal. Not inlined: a turn
/// without catch clauses before its step unwinds faster.
[[gnu::noinline]] bool process::handled(signal& taken) noexcept {
    try {
        with_reserve([&] { handle(taken); });
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// The caller monitors the process until the reply. If the function throws, nothing has changed.
[[gnu::always_inline]] inline void process::admit_call(message_node& call) {
    bonds_.watched_by(call.tag, call.from, true);
    ++base::messages_here;
    mailbox_.append(call);
}

/// As `handled`, for a call. The usual case.
[[gnu::noinline]] bool process::received_call(signal& taken) noexcept {
    if (life_.is_doomed()) [[unlikely]] {
        return handled(taken);
    }
    try {
        admit_call(static_cast<message_node&>(taken));
        return true;
    } catch (const std::bad_alloc&) {
        return handled(taken);  // may use the reserve
    }
}

/// Consumes the signal. If the function throws, nothing has changed.
void process::handle(signal& taken) {
    if (life_.is_doomed()) {
        put_off(taken);
        return;
    }
    switch (taken.kind) {
        case signal_kind::message:
            ++base::messages_here;
            mailbox_.append(static_cast<message_node&>(taken));
            return;
        case signal_kind::call:
            return admit_call(static_cast<message_node&>(taken));
        case signal_kind::exit:
            handle_exit(static_cast<process_layer::exit_signal&>(taken));
            break;
        case signal_kind::link_exit:
            handle_link_exit(static_cast<process_layer::exit_signal&>(taken));
            break;
        case signal_kind::link:
            bonds_.link_from(taken.from);
            break;
        case signal_kind::unlink:
            bonds_.unlink_from(taken.from);
            return process_layer::acknowledge_unlink(runtime_, self(), owned_signal{&taken});
        case signal_kind::unlink_ack:
            bonds_.unlink_acknowledged(taken.from, taken.tag);
            break;
        case signal_kind::monitor:
            bonds_.watched_by(taken.tag, taken.from, taken.flag,
                              static_cast<process_layer::monitor_signal&>(taken).name);
            break;
        case signal_kind::demonitor:
            bonds_.forget_watcher(taken.tag);
            break;
        case signal_kind::down:
            handle_down(static_cast<down_signal&>(taken));
            break;
        case signal_kind::reply:
            return handle_reply(static_cast<message_node&>(taken));
        case signal_kind::timeout:
            handle_tagged(taken);
            break;
        case signal_kind::request:
            answer_request(runtime_, static_cast<process_layer::request_signal&>(taken), *this);
            break;
    }
    drop(taken);
}

namespace {

/// The tag of a handled signal in `late_` that waits for destruction. `new_tag` never returns this value.
constexpr std::uint64_t spent = UINT64_MAX;

}  // namespace

/// A signal that may hold user values is destroyed later, outside of the custody, on
/// the process's own thread.
void process::drop(signal& handled) noexcept {
    if (process_layer::may_hold_value(handled)) {
        handled.tag = spent;
        put_off(handled);
        life_.set(process_layer::life::mark::drops);
    } else {
        destroy_signal(&handled);
    }
}

/// Takes the unhandled signals out of `late_`, oldest first. Handled signals stay there.
[[gnu::noinline]] signal* process::take_late() noexcept {
    signal* late = nullptr;
    for (signal* next = std::exchange(late_, nullptr); next != nullptr;) {
        signal& each = *std::exchange(next, next->next);
        signal*& list = each.tag == spent ? late_ : late;
        each.next = std::exchange(list, &each);
    }
    return late;
}

/// False if the process has been declared dead meanwhile.
bool process::destroy_dropped() noexcept {
    signal* const late = take_late();
    signal* dropped = std::exchange(late_, nullptr);
    for (signal* next = late; next != nullptr;) {
        put_off(*std::exchange(next, next->next));
    }
    life_.clear(process_layer::life::mark::drops);
    custody_.leave();
    while (dropped != nullptr) {
        destroy_signal(std::exchange(dropped, dropped->next));
    }
    return custody_.enter();
}

bool process::dies_of_own_signal(const exit_reason& why) const noexcept {
    return why == reason::kill || !traps_exits_;
}

void process::handle_exit(process_layer::exit_signal& s) {
    if (s.why == reason::kill) {
        doom(reason::killed);
        return;
    }
    if (s.why == reason::normal && s.from != self() && !traps_exits_) {
        return;
    }
    receive_exit(s.flag ? parent() : s.from, s.why);
}

void process::handle_link_exit(process_layer::exit_signal& s) {
    bonds_.exit_from(s.from, [&] {
        if (traps_exits_ || !(s.why == reason::normal)) {
            receive_exit(s.from, s.why);
        }
    });
}

void process::receive_exit(const pid& from, const exit_reason& why) {
    if (!traps_exits_) {
        doom(why);
        return;
    }
    auto* message = new value_message<exit_message>(from, why);
    message->from = from;
    mailbox_.append(*message);
}

void process::handle_down(down_signal& s) {
    if (s.flag) {
        handle_tagged(s);
        return;
    }
    bonds_.down_from(s.tag, [&] {
        // The allocation comes before the arguments: without memory the signal keeps its name.
        auto* message = new value_message<down_message>(
            ref{s.tag}, s.from, s.name ? std::move(*s.name) : std::string{}, std::move(s.why));
        message->from = s.from;
        mailbox_.append(*message);
    });
}

bool process::is_for_wait(const signal& s) const noexcept {
    return wait_ != nullptr && wait_->tag_ != 0 && wait_->tag_ == s.tag;
}

/// Whether the tag is of an active monitor, of a task or of a request. OTP's alias of a monitor: until the monitor ends,
/// the answer is a message. A call has no such monitor.
bool process::has_asked(const signal& s) const noexcept {
    return bonds_.target_of(s.tag) != nullptr;
}

/// For a timeout, or a down signal for a wait. Without a wait, the end of a server is the response to a request, and the
/// body gets any other signal.
void process::handle_tagged(signal& s) {
    if (is_for_wait(s) && !wait_over_) {
        if (s.kind == signal_kind::timeout) {
            wait_->timed_out = true;
            wait_over_ = wait_->on_timeout();
        } else {
            wait_over_ = wait_->on_signal(s);
        }
    } else if (s.kind == signal_kind::down && has_asked(s)) {
        receive_response(s);
    } else {
        body_->on_signal(s);
    }
}

/// A reply that nothing waits for is lost, as a late reply to a call is.
void process::handle_reply(message_node& reply) {
    // A wait that has timed out and not resumed takes a reply that is here already, as in OTP.
    if (is_for_wait(reply) && (!wait_over_ || wait_->timed_out)) {
        if (!give_to_wait(reply)) {
            throw std::bad_alloc{};
        }
    } else if (!has_asked(reply)) {
        drop(reply);
    } else if (reply.to_monitor) {
        receive_result(reply);
    } else {
        receive_response(reply);
    }
}

[[gnu::cold, gnu::noinline]] void process::receive_result(message_node& reply) noexcept {
    reply.kind = signal_kind::message;
    ++base::messages_here;
    mailbox_.append(reply);
}

}  // namespace coppice::detail
