// SPDX-License-Identifier: Apache-2.0
// What each signal does to a process that is alive, and what the dead answer.

#include <optional>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/process.hpp"
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

struct signal_deleter {
    void operator()(signal* dead) const noexcept { destroy_signal(dead); }
};
using owned_signal = std::unique_ptr<signal, signal_deleter>;

void acknowledge_unlink(runtime_core& world, const pid& me, const signal& told) {
    auto* ack = new plain_signal{signal_kind::unlink_ack};
    ack->from = me;
    ack->tag = told.tag;
    world.deliver(told.from, ack);
}

void answer_request(runtime_core& world, request_signal& asked, process* target) {
    auto* answer = new reply_signal{owned_message{asked.answer(target)}};
    answer->tag = asked.tag;
    answer->flag = true;
    world.deliver(asked.from, answer);
}

void send_noproc_down(runtime_core& world, const pid& dead, const signal& asked, bool to_waiter,
                      name_if_any name) {
    auto* down = new down_signal{reason::noproc};
    down->tag = asked.tag;
    down->flag = to_waiter;
    down->from = dead;
    down->name = std::move(name);
    world.deliver(asked.from, down);
}

}  // namespace

void answer_for_the_dead(runtime_core& world, const pid& dead, signal& refused) noexcept {
    switch (refused.kind) {
        case signal_kind::link: {
            auto* gone = new exit_signal{signal_kind::link_exit, reason::noproc};
            gone->from = dead;
            world.deliver(refused.from, gone);
            return;
        }
        case signal_kind::unlink:
            acknowledge_unlink(world, dead, refused);
            return;
        case signal_kind::call:
            send_noproc_down(world, dead, refused, true, {});
            return;
        case signal_kind::monitor: {
            auto& asked = static_cast<monitor_signal&>(refused);
            send_noproc_down(world, dead, asked, asked.flag, std::move(asked.name));
            return;
        }
        case signal_kind::request:
            answer_request(world, static_cast<request_signal&>(refused), nullptr);
            return;
        case signal_kind::down:
            if (dead == world.outside_pid()) {
                world.outside().tell(refused.tag, static_cast<down_signal&>(refused).why);
            }
            return;
        default:
            return;
    }
}

void refuse(runtime_core& world, const pid& dead, signal* refused) noexcept {
    const owned_signal taken{refused};
    answer_for_the_dead(world, dead, *taken);
}

void process::handle(signal* taken) {
    owned_signal owned{taken};
    if (doomed_) {
        put_off(*owned.release());
        return;
    }
    switch (owned->kind) {
        case signal_kind::message:
            mailbox_.append(static_cast<message_node&>(*owned.release()));
            return;
        case signal_kind::call:
            monitored_by_.insert(owned->tag, {owned->from, true, {}});
            mailbox_.append(static_cast<message_node&>(*owned.release()));
            return;
        case signal_kind::exit:
            handle_exit(static_cast<exit_signal&>(*owned));
            return;
        case signal_kind::link_exit:
            handle_link_exit(static_cast<exit_signal&>(*owned));
            return;
        case signal_kind::link:
            links_.insert(owned->from, linked);
            return;
        case signal_kind::unlink:
            handle_unlink(*owned);
            return;
        case signal_kind::unlink_ack:
            if (const std::uint64_t* state = links_.find(owned->from);
                state && *state == owned->tag) {
                links_.erase(owned->from);
            }
            return;
        case signal_kind::monitor:
            handle_monitor(static_cast<monitor_signal&>(*owned));
            return;
        case signal_kind::demonitor:
            monitored_by_.erase(owned->tag);
            return;
        case signal_kind::down:
            handle_down(static_cast<down_signal&>(*owned));
            return;
        case signal_kind::reply:
        case signal_kind::timeout:
            handle_tagged(owned.get());
            return;
        case signal_kind::request:
            answer_request(world_, static_cast<request_signal&>(*owned), this);
            return;
    }
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
    receive_exit(s.from, s.why);
}

void process::handle_unlink(const signal& s) {
    const std::uint64_t* state = links_.find(s.from);
    if (state != nullptr && *state == linked) {
        links_.erase(s.from);
    }
    acknowledge_unlink(world_, self(), s);
}

void process::handle_link_exit(exit_signal& s) {
    const std::uint64_t* state = links_.find(s.from);
    if (state == nullptr) {
        return;
    }
    const bool carries = *state == linked;
    links_.erase(s.from);
    if (!carries) {
        return;
    }
    if (s.why == reason::normal && !traps_exits_) {
        return;
    }
    receive_exit(s.from, s.why);
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
    if (!watching_.erase(s.tag)) {
        return;  // demonitored meanwhile
    }
    std::string name = s.name ? std::move(*s.name) : std::string{};
    auto* message = new value_message<down_message>(
        down_message{ref{s.tag}, s.from, std::move(name), std::move(s.why)});
    message->from = s.from;
    mailbox_.append(*message);
}

// A signal for a wait that is over goes nowhere: so a late reply never reaches the mailbox.
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
    // The time is over, but the waiter has not gone on: a reply that is here is taken, as in OTP.
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
    mailbox_.restart_scan();
    message_node* found = mailbox_.scan([&](message_node& candidate) {
        return candidate.type->role == message_role::exit && candidate.from == from;
    });
    return owned_message{found};
}

std::vector<owned_message> process::take_exit_messages() {
    std::vector<owned_message> out;
    const custody::hold held = inside();
    if (!held) {
        return out;
    }
    take_in();
    mailbox_.restart_scan();
    while (mailbox_.exit_messages() > 0) {
        out.emplace_back(mailbox_.scan([](const message_node& candidate) {
            return candidate.type->role == message_role::exit;
        }));
    }
    return out;
}

bool process::take_down_message(std::uint64_t tag) {
    const custody::hold held = inside();
    if (!held) {
        return false;
    }
    take_in();
    mailbox_.restart_scan();
    message_node* found = mailbox_.scan([&](message_node& candidate) {
        if (candidate.type->role != message_role::down) {
            return false;
        }
        const auto& down = *static_cast<down_message*>(candidate.type->payload(candidate));
        return down.monitor.value() == tag;
    });
    return owned_message{found} != nullptr;
}

// Both sides of a link may change it while the other's signals are on their way. So that they end up
// agreeing, a link that this side has ended is remembered until the peer acknowledges: a link signal
// that comes from the peer before that was sent before the peer heard of the end, and the peer will
// drop that link too. This is the protocol that Erlang's nodes speak since OTP 23.
void process::link_to(const pid& peer) {
    const custody::hold held = inside();
    if (!held || peer == self()) {
        return;
    }
    if (!links_.insert(peer, linked)) {
        std::uint64_t& state = *links_.find(peer);
        if (std::exchange(state, linked) == linked) {
            return;
        }
    }
    auto* asked = new plain_signal{signal_kind::link};
    asked->from = self();
    world_.deliver(peer, asked);
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
    *state = world_.new_tag();
    auto* told = new plain_signal{signal_kind::unlink};
    told->from = self();
    told->tag = *state;
    world_.deliver(peer, told);
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
    const std::optional<pid> target = held ? watching_.take(tag) : std::nullopt;
    if (!target) {
        return false;
    }
    auto* told = new plain_signal{signal_kind::demonitor};
    told->from = self();
    told->tag = tag;
    world_.deliver(*target, told);
    return true;
}

}  // namespace detail
}  // namespace coppice
