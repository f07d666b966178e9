// SPDX-License-Identifier: Apache-2.0
// The effect of each signal on a living process, and the answers of the dead.

#include <optional>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/reply.hpp"
#include "process/process.hpp"
#include "process/question.hpp"
#include "process/runtime_core.hpp"

namespace coppice {

std::string to_string(const exit_message& m) {
    return "{'EXIT'," + to_string(m.from) + "," + to_string(m.why) + "}";
}

std::string to_string(const down_message& m) {
    return "{'DOWN'," + to_string(m.monitor) + ",process," +
           (m.name.empty() ? to_string(m.process) : m.name) + "," + to_string(m.why) + "}";
}

namespace detail {

void destroy_signal(signal* dead) noexcept {
    switch (dead->kind) {
        case signal_kind::message:
        case signal_kind::call: {
            auto* message = static_cast<message_node*>(dead);
            message->type->destroy(message);
            return;
        }
        case signal_kind::exit:
        case signal_kind::link_exit:
            delete static_cast<exit_signal*>(dead);
            return;
        case signal_kind::link:
        case signal_kind::unlink:
        case signal_kind::unlink_ack:
        case signal_kind::demonitor:
            delete static_cast<plain_signal*>(dead);
            return;
        case signal_kind::monitor:
            delete static_cast<monitor_signal*>(dead);
            return;
        case signal_kind::down:
            delete static_cast<down_signal*>(dead);
            return;
        case signal_kind::reply:
            delete static_cast<reply_signal*>(dead);
            return;
        case signal_kind::timeout:
            delete static_cast<timeout_signal*>(dead);
            return;
        case signal_kind::request:
            delete static_cast<request_signal*>(dead);
            return;
    }
}

namespace {

/// Sends `answer` to the sender of the signal from which the answer was made.
void send_back(runtime_core& world, const pid& me, signal& answer) noexcept {
    const pid to = std::exchange(answer.from, me);
    world.deliver(to, &answer);
}

/// Turns a signal into its answer, which keeps the sender and the tag.
template <class Answer, class Asked, class... Args>
Answer& answer_made_of(owned_signal asked, Args&&... args) noexcept {
    const pid from = asked->from;
    const std::uint64_t tag = asked->tag;
    auto* const answer =
        turned_into<Answer>(static_cast<Asked*>(asked.release()), std::forward<Args>(args)...);
    answer->from = from;
    answer->tag = tag;
    return *answer;
}

void acknowledge_unlink(runtime_core& world, const pid& me, owned_signal told) noexcept {
    told->kind = signal_kind::unlink_ack;
    send_back(world, me, *told.release());
}

void refuse_link(runtime_core& world, const pid& dead, owned_signal asked) noexcept {
    const pid peer = asked->from;
    send_back(world, dead,
              answer_made_of<exit_signal, plain_signal>(std::move(asked), signal_kind::link_exit,
                                                        world.to_pids().reason_of_absence(dead)));
    world.rouse(peer);
}

void refuse_monitor(runtime_core& world, const pid& dead, owned_signal asked) noexcept {
    const bool to_waiter = asked->flag;
    name_if_any name = std::move(static_cast<monitor_signal&>(*asked).name);
    auto& down = answer_made_of<down_signal, monitor_signal>(
        std::move(asked), world.to_pids().reason_of_absence(dead));
    down.flag = to_waiter;
    down.name = std::move(name);
    send_back(world, dead, down);
}

bool may_hold_value(const exit_reason& why) noexcept {
    return why.as_symbol().empty() && why.as_error() == nullptr && why.as_text() == nullptr;
}

void send_reply_of(runtime_core& world, const pid& me, request_signal& asked) noexcept {
    reply_signal* const reply = asked.reply.release();
    reply->from = me;
    reply->tag = asked.tag;
    reply->flag = true;
    world.deliver(asked.from, reply);
}

void answer_request(runtime_core& world, request_signal& asked, const process& target) noexcept {
    try {
        target.fill_in(asked);
    } catch (...) {
        asked.reply->message.reset();  // the asking process throws then
    }
    send_reply_of(world, target.self(), asked);
}

}  // namespace

bool may_hold_value(const signal& s) noexcept {
    switch (s.kind) {
        case signal_kind::message:
        case signal_kind::call:
            return true;
        case signal_kind::exit:
        case signal_kind::link_exit:
            return may_hold_value(static_cast<const exit_signal&>(s).why);
        case signal_kind::down:
            return may_hold_value(static_cast<const down_signal&>(s).why);
        case signal_kind::reply:
            return static_cast<const reply_signal&>(s).message != nullptr;
        default:
            return false;
    }
}

void tell_caller(runtime_core& world, const pid& dead, const signal& call) {
    const exit_reason why = world.to_pids().reason_of_absence(dead);
    auto* const down = with_reserve([&] { return new down_signal{why}; });
    down->tag = call.tag;
    down->flag = true;
    down->from = dead;
    world.deliver(call.from, down);
}

void refuse(runtime_core& world, const pid& dead, signal* refused) {
    owned_signal owned{refused};
    switch (owned->kind) {
        case signal_kind::link:
            return refuse_link(world, dead, std::move(owned));
        case signal_kind::unlink:
            return acknowledge_unlink(world, dead, std::move(owned));
        case signal_kind::call:
            return tell_caller(world, dead, *owned);
        case signal_kind::monitor:
            return refuse_monitor(world, dead, std::move(owned));
        case signal_kind::request:
            return send_reply_of(world, dead, static_cast<request_signal&>(*owned));
        case signal_kind::down:
            if (dead == world.outside_pid()) {
                world.outside().tell(owned->tag, static_cast<down_signal&>(*owned).why);
            }
            return;
        default:
            return;
    }
}

/// Puts these signals off until the next turn, when there may be memory.
[[gnu::cold]] void process::starve(signal& first, signal* others) noexcept {
    starved_ = true;
    put_off(first);
    while (others != nullptr) {
        put_off(*std::exchange(others, others->next));
    }
}

/// False if memory ran out before the last signal.
[[gnu::always_inline]] inline bool process::handle_all(signal* next, bool first_is_known) noexcept {
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
        if (runtime_.wants_events() && !first_is_known) {
            runtime_.emit_signal(base::event_kind::received, self(), taken->from, taken);
        }
        first_is_known = false;
        if (taken->kind == signal_kind::message && !doomed_) {  // the usual case, needs no memory
            ++messages_here;
            mailbox_.append(static_cast<message_node&>(*taken));
        } else if (!handled(*taken)) {
            starve(*taken, next);
            return false;
        }
    }
    return true;
}

/// Handles the signals that were put off. False as `handle_all`.
[[gnu::noinline]] bool process::handle_late() noexcept {
    const bool starved = starved_;
    starved_ = false;
    return handle_all(take_late(), starved);
}

void process::take_in() noexcept {
    if (late_ != nullptr && !doomed_ && !handle_late()) {
        return;
    }
    handle_all(inbox_.take_all(generation_.load(std::memory_order_relaxed)), false);
    // A process with followers has a toll, so the toll stands for both.
    if (mailbox_.size() >= backlog_of_a_toll || toll_.load(std::memory_order_relaxed) != 0) {
        set_toll();
    }
}

/// Consumes the signal. If the function throws, nothing has changed.
void process::handle(signal& taken) {
    if (doomed_) {
        put_off(taken);
        return;
    }
    switch (taken.kind) {
        case signal_kind::message:
            ++messages_here;
            mailbox_.append(static_cast<message_node&>(taken));
            return;
        case signal_kind::call:
            ++messages_here;
            monitored_by_.insert(taken.tag, {taken.from, true, {}});
            mailbox_.append(static_cast<message_node&>(taken));
            return;
        case signal_kind::exit:
            handle_exit(static_cast<exit_signal&>(taken));
            break;
        case signal_kind::link_exit:
            handle_link_exit(static_cast<exit_signal&>(taken));
            break;
        case signal_kind::link:
            links_.insert(taken.from, linked);
            break;
        case signal_kind::unlink:
            handle_unlink(taken);
            return;
        case signal_kind::unlink_ack:
            if (const std::uint64_t* state = links_.find(taken.from);
                state && *state == taken.tag) {
                links_.erase(taken.from);
            }
            break;
        case signal_kind::monitor:
            handle_monitor(static_cast<monitor_signal&>(taken));
            break;
        case signal_kind::demonitor:
            monitored_by_.erase(taken.tag);
            break;
        case signal_kind::down:
            handle_down(static_cast<down_signal&>(taken));
            break;
        case signal_kind::reply:
        case signal_kind::timeout:
            handle_tagged(&taken);
            break;
        case signal_kind::request:
            answer_request(runtime_, static_cast<request_signal&>(taken), *this);
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
    if (may_hold_value(handled)) {
        handled.tag = spent;
        put_off(handled);
        drops_ = true;
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
    drops_ = false;
    custody_.leave();
    while (dropped != nullptr) {
        destroy_signal(std::exchange(dropped, dropped->next));
    }
    return custody_.enter();
}

bool process::dies_of_own_signal(const exit_reason& why) const noexcept {
    return why == reason::kill || !traps_exits_;
}

void process::handle_exit(exit_signal& s) {
    if (s.why == reason::kill) {
        doom(reason::killed);
        return;
    }
    if (s.why == reason::normal && s.from != self() && !traps_exits_) {
        return;
    }
    receive_exit(s.flag ? parent() : s.from, s.why);
}

void process::handle_unlink(signal& s) {
    const std::uint64_t* state = links_.find(s.from);
    if (state != nullptr && *state == linked) {
        links_.erase(s.from);
    }
    acknowledge_unlink(runtime_, self(), owned_signal{&s});
}

void process::handle_link_exit(exit_signal& s) {
    const std::uint64_t* state = links_.find(s.from);
    if (state == nullptr) {
        return;
    }
    const bool carries = *state == linked;
    if (carries && (traps_exits_ || !(s.why == reason::normal))) {
        receive_exit(s.from, s.why);
    }
    links_.erase(s.from);
}

void process::receive_exit(const pid& from, const exit_reason& why) {
    if (!traps_exits_) {
        doom(why);
        return;
    }
    auto* message = new value_message<exit_message>(exit_message{from, why});
    message->from = from;
    mailbox_.append(*message);
}

void process::handle_monitor(monitor_signal& s) {
    monitored_by_.insert(s.tag, {s.from, s.flag, std::move(s.name)});
}

void process::handle_down(down_signal& s) {
    if (s.flag) {
        handle_tagged(&s);
        return;
    }
    if (!watching_.contains(s.tag)) {
        return;  // demonitored meanwhile
    }
    auto* message = new value_message<down_message>();
    message->value = {ref{s.tag}, s.from, s.name ? std::move(*s.name) : std::string{},
                      std::move(s.why)};
    message->from = s.from;
    mailbox_.append(*message);
    watching_.erase(s.tag);
}

// A signal without a wait goes to the body, never to the mailbox: so a late reply is lost.
void process::handle_tagged(signal* s) {
    if (wait_ != nullptr && !wait_over_ && wait_->tag_ != 0 && wait_->tag_ == s->tag) {
        if (s->kind == signal_kind::timeout) {
            wait_->timed_out = true;
            wait_over_ = wait_->on_timeout();
        } else {
            wait_over_ = wait_->on_signal(*s);
        }
        return;
    }
    // The wait has timed out, but the waiter has yet to resume: a reply already here is taken, as in OTP.
    if (s->kind == signal_kind::reply && wait_ != nullptr && wait_->timed_out &&
        wait_->tag_ == s->tag) {
        wait_->on_signal(*s);
        return;
    }
    body_->on_signal(*s);
}

owned_message process::take_exit_message(const pid& from) {
    const custody::hold held = inside();
    if (!held) {
        return nullptr;
    }
    take_in();
    if (mailbox_.exit_messages() == 0) {
        return nullptr;
    }
    return owned_message{mailbox_.take_first([&](const message_node& candidate) {
        return candidate.type->role == message_role::exit && candidate.from == from;
    })};
}

std::vector<owned_message> process::take_exit_messages() {
    std::vector<owned_message> out;
    const custody::hold held = inside();
    if (!held) {
        return out;
    }
    take_in();
    // No wait has begun: a supervisor stopping children is not in the middle of one.
    mailbox_.restart_scan();
    while (mailbox_.exit_messages() > 0) {
        out.emplace_back(mailbox_.scan([](const message_node& candidate) {
            return candidate.type->role == message_role::exit;
        }));
    }
    return out;
}

bool process::take_down_message(std::uint64_t tag) {
    owned_message taken;
    {
        const custody::hold held = inside();
        if (!held) {
            return false;
        }
        take_in();
        taken.reset(mailbox_.take_first([tag](message_node& candidate) {
            return candidate.type->role == message_role::down &&
                   static_cast<down_message*>(candidate.type->payload(candidate))->monitor ==
                       ref{tag};
        }));
    }
    if (taken != nullptr) {
        question::keep_for_condition(taken);
        return true;
    }
    // The taken message is destroyed outside of the custody: the reason may be a user value.
    return false;
}

// The link protocol of Erlang's nodes since OTP 23. Either side may change a link while signals of the other
// side are in transit. A side that ends a link remembers the link until the peer acknowledges. A link signal
// from the peer may come before the acknowledgement: the peer sent that signal before hearing of the end, and
// drops that link too. So both sides end up agreeing.
void process::link_to(const pid& peer) {
    const custody::hold held = inside();
    if (!held || peer == self()) {
        return;
    }
    owned_signal asked{new plain_signal{signal_kind::link}};
    asked->from = self();
    if (!links_.insert(peer, linked)) {
        std::uint64_t& state = *links_.find(peer);
        if (std::exchange(state, linked) == linked) {
            return;
        }
    }
    runtime_.deliver(peer, asked.release());
}

void process::unlink_from(const pid& peer) {
    const custody::hold held = inside();
    if (!held) {
        return;
    }
    std::uint64_t* state = links_.find(peer);
    if (state == nullptr || *state != linked) {
        return;
    }
    auto* told = with_reserve([] { return new plain_signal{signal_kind::unlink}; });
    *state = runtime_.new_tag();
    told->from = self();
    told->tag = *state;
    runtime_.deliver(peer, told);
}

std::vector<pid> process::links() const {
    std::vector<pid> out;
    for (const auto& [peer, state] : links_) {
        if (state == linked) {
            out.push_back(peer);
        }
    }
    return out;
}

void process::watch(std::uint64_t tag, const pid& target) {
    if (const custody::hold held = inside()) {
        watching_.insert(tag, target);
    }
}

void process::monitor(std::uint64_t tag, const pid& target, name_if_any name) {
    const custody::hold held = inside();
    if (!held) {
        return;
    }
    auto asked = std::make_unique<monitor_signal>(std::move(name));
    asked->from = self();
    asked->tag = tag;
    watching_.insert(tag, target);
    spend_on(runtime_.deliver(target, asked.release()));
}

void process::forget_watcher(std::uint64_t tag) {
    if (const custody::hold held = inside()) {
        monitored_by_.erase(tag);
    }
}

bool process::trap_exit(bool on) noexcept {
    const custody::hold held = inside();
    const bool before = traps_exits_;
    if (held) {
        traps_exits_ = on;
    }
    return before;
}

bool process::unwatch(std::uint64_t tag) {
    const custody::hold held = inside();
    const pid* const watched = held ? watching_.find(tag) : nullptr;
    if (watched == nullptr) {
        return false;
    }
    auto* told = with_reserve([] { return new plain_signal{signal_kind::demonitor}; });
    told->from = self();
    told->tag = tag;
    const pid target = *watched;
    watching_.erase(tag);
    runtime_.deliver(target, told);
    return true;
}

}  // namespace detail
}  // namespace coppice
