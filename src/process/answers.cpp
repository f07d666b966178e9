// SPDX-License-Identifier: Apache-2.0

#include "process/answers.hpp"

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {
namespace {

/// Sends `answer` to the sender of the signal from which the answer was made.
void send_back(detail::runtime_core& world, const pid& me, detail::signal& answer) noexcept {
    const pid to = std::exchange(answer.from, me);
    world.deliver(to, &answer);
}

/// Builds an answer in the memory of `asked`, which is destroyed. The answer's `from` and `tag` are not set.
template <class Answer, class Asked, class... Args>
Answer* turned_into(Asked* asked, Args&&... args) noexcept {
    static_assert(std::is_base_of_v<detail::control_signal, Asked>);
    static_assert(std::is_base_of_v<detail::control_signal, Answer>);
    static_assert(sizeof(Asked) <= detail::control_signal::block_size);
    static_assert(sizeof(Answer) <= detail::control_signal::block_size);
    std::destroy_at(asked);
    return ::new (static_cast<void*>(asked)) Answer{std::forward<Args>(args)...};
}

/// Turns a signal into its answer, which keeps the sender and the tag.
template <class Answer, class Asked, class... Args>
Answer& answer_made_of(detail::owned_signal asked, Args&&... args) noexcept {
    const pid from = asked->from;
    const std::uint64_t tag = asked->tag;
    auto* const answer =
        turned_into<Answer>(static_cast<Asked*>(asked.release()), std::forward<Args>(args)...);
    answer->from = from;
    answer->tag = tag;
    return *answer;
}

void refuse_link(detail::runtime_core& world, const pid& dead,
                 detail::owned_signal asked) noexcept {
    const pid peer = asked->from;
    send_back(
        world, dead,
        answer_made_of<exit_signal, plain_signal>(std::move(asked), detail::signal_kind::link_exit,
                                                  world.to_pids().reason_of_absence(dead)));
    world.release_follower(peer);
}

void refuse_monitor(detail::runtime_core& world, const pid& dead,
                    detail::owned_signal asked) noexcept {
    const bool to_waiter = asked->flag;
    detail::name_if_any name = std::move(static_cast<monitor_signal&>(*asked).name);
    auto& down = answer_made_of<detail::down_signal, monitor_signal>(
        std::move(asked), world.to_pids().reason_of_absence(dead));
    down.flag = to_waiter;
    down.name = std::move(name);
    send_back(world, dead, down);
}

}  // namespace

void acknowledge_unlink(detail::runtime_core& world, const pid& me,
                        detail::owned_signal told) noexcept {
    told->kind = detail::signal_kind::unlink_ack;
    send_back(world, me, *told.release());
}

void send_reply_of(detail::runtime_core& world, const pid& me, request_signal& asked) noexcept {
    detail::message_node* const reply = asked.reply.release();
    reply->from = me;
    reply->tag = asked.tag;
    world.deliver(asked.from, reply);
}

void tell_caller(detail::runtime_core& world, const pid& dead, const detail::signal& call) {
    const exit_reason why = world.to_pids().reason_of_absence(dead);
    auto* const down = detail::with_reserve([&] { return new detail::down_signal{why}; });
    down->tag = call.tag;
    down->flag = true;
    down->from = dead;
    world.deliver(call.from, down);
}

void refuse(detail::runtime_core& world, const pid& dead, detail::signal* refused) {
    detail::owned_signal owned{refused};
    switch (owned->kind) {
        case detail::signal_kind::link:
            return refuse_link(world, dead, std::move(owned));
        case detail::signal_kind::unlink:
            return acknowledge_unlink(world, dead, std::move(owned));
        case detail::signal_kind::call:
            return tell_caller(world, dead, *owned);
        case detail::signal_kind::monitor:
            return refuse_monitor(world, dead, std::move(owned));
        case detail::signal_kind::request:
            return send_reply_of(world, dead, static_cast<request_signal&>(*owned));
        case detail::signal_kind::down:
            if (dead == world.outside_pid()) {
                world.outside().tell(owned->tag, static_cast<detail::down_signal&>(*owned).why);
            }
            return;
        default:
            return;
    }
}

}  // namespace coppice::process_layer
