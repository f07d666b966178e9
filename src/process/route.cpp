// SPDX-License-Identifier: Apache-2.0

#include "process/route.hpp"

#include <new>

#include "base/turn.hpp"
#include "process/answers.hpp"
#include "process/offer.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

/// Not inlined, as `offer`: the callers would save more registers than the function needs.
[[gnu::noinline]] receipt route::deliver(const pid& to, detail::signal* moved) {
    const receipt got = offer(to, *moved);
    if (!got.is_accepted()) {
        refuse(runtime_, to, moved);
    }
    return got;
}

[[gnu::noinline]] receipt route::offer(const pid& to, detail::signal& moved) noexcept {
    return to.node() == direct_node_.load(std::memory_order_relaxed) ? push(to, moved)
                                                                     : offer_indirectly(to, moved);
}

[[gnu::cold, gnu::noinline]] receipt route::offer_indirectly(const pid& to,
                                                             detail::signal& moved) noexcept {
    signal_route* const way = opened();
    return way == nullptr ? offer_now(to, moved) : way->offer(to, moved);
}

receipt route::push(const pid& to, detail::signal& moved) const noexcept {
    detail::process* const slot = table_.at(to.index());
    return slot != nullptr ? slot->push(moved, to.generation()) : receipt{};
}

receipt route::offer_now(const pid& to, detail::signal& moved) noexcept {
    return to.node() == node_ ? push(to, moved) : offer_elsewhere(to, moved);
}

[[gnu::cold]] receipt route::offer_elsewhere(const pid& to, detail::signal& moved) noexcept {
    // Acquire: pairs with the release in connect().
    base::remote_sink* const sink = sink_.load(std::memory_order_acquire);
    if (sink == nullptr || !to) {
        return {};
    }
    const base::remote_sink::answer got = sink->take(to, moved);
    return got.taken ? receipt{.how = sent::remote, .toll = got.toll} : receipt{};
}

detail::process* route::bounded_slot_of(const pid& who) const noexcept {
    detail::process* const slot = reach(who);
    const bool is_bounded = slot != nullptr && slot->generation() == who.generation() &&
                            slot->toll() == send_toll::bounded;
    return is_bounded ? slot : nullptr;
}

receipt route::offer_if_room(const pid& to, detail::signal& moved) noexcept {
    detail::process* const slot = bounded_slot_of(to);
    if (slot == nullptr) {
        return offer(to, moved);
    }
    if (opened() == nullptr) {
        return slot->push_bounded(moved, to.generation(), mailbox::sender_kind::asks);
    }
    // On a detour the message may arrive later, without a sender: the status is the one at the send.
    return slot->refuses_one_who_asks(moved) ? receipt{.how = sent::full} : offer(to, moved);
}

bool route::arrive(const pid& to, detail::signal& moved) noexcept {
    const bool is_exit = is_exit_signal(moved);
    const receipt got = offer_now(to, moved);
    return settled(is_exit, got, to, moved);
}

bool route::arrive_from_elsewhere(const pid& to, detail::signal& moved) noexcept {
    // Also in a turn: neither the sender nor a destructor of a value acts for the calling process.
    const base::without_caller here;
    const bool is_exit = is_exit_signal(moved);
    const receipt got = offer(to, moved);
    return settled(is_exit, got, to, moved);
}

bool route::settled(bool is_exit, receipt got, const pid& to, detail::signal& moved) noexcept {
    if (got.is_accepted()) {
        if (is_exit) {
            release_follower(to);
        }
        return true;
    }
    if (moved.kind != detail::signal_kind::call) {
        refuse(runtime_, to, &moved);
        return true;
    }
    try {
        tell_caller(runtime_, to, moved);
    } catch (const std::bad_alloc&) {
        return false;
    }
    destroy_signal(&moved);
    return true;
}

receipt route::expected_by(const pid& to, const detail::signal& moved) const noexcept {
    const detail::process* const slot = slot_of(to);
    return {.how = sent::taken,
            .toll = slot == nullptr ? std::uint8_t{0} : slot->toll_of_late(moved),
            .slot = to.index()};
}

void route::connect(base::remote_sink& sink) noexcept {
    sink_.store(&sink, std::memory_order_release);  // pairs with the acquire in offer_elsewhere()
}

void route::open(signal_route& way) noexcept {
    way_.store(&way, std::memory_order_release);  // pairs with the acquire in opened()
    direct_node_.store(no_node, std::memory_order_relaxed);
}

bool route::is_open(const pid& who) const noexcept {
    const detail::process* const slot = slot_of(who);
    return slot != nullptr && slot->is_open(who.generation());
}

bool route::is_dying(const pid& who) const noexcept {
    const detail::process* const slot = slot_of(who);
    return slot == nullptr || slot->is_dying(who.generation());
}

bool route::is_supervisor(const pid& who) const noexcept {
    const detail::process* const slot = slot_of(who);
    return slot != nullptr && slot->is_supervisor();
}

bool route::mark_named(const pid& who) noexcept {
    if (is_dying(who)) {
        return false;
    }
    reach(who)->own_claims().mark_named();
    return true;
}

std::optional<unsigned> route::mark_timed(const pid& who, unsigned local_shard) noexcept {
    return is_dying(who) ? std::nullopt
                         : std::optional{reach(who)->own_claims().mark_timed(local_shard)};
}

void route::release_follower(const pid& told) const noexcept {
    if (detail::process* const slot = reach(told)) {
        slot->stop_following();  // a follower of a later life would only follow again
    }
}

}  // namespace coppice::process_layer
