// SPDX-License-Identifier: Apache-2.0

#include "process/channels.hpp"

#include <new>

#include "base/turn.hpp"
#include "coppice/runtime.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

channels::~channels() {
    // Destructors of the remaining signals must not act for the process in which the runtime is destroyed.
    const base::without_caller here;
    for (auto& [between, each] : channels_) {
        for (detail::signal* left = each.first; left != nullptr;) {
            destroy_signal(std::exchange(left, left->next));
        }
    }
}

receipt channels::offer(const pid& to, detail::signal& sent) noexcept {
    if (sent.kind == detail::signal_kind::message && scheduler_.loses_message(to)) {
        return {};  // the timer destroys the message, as if the receiver had ended
    }
    runtime_.emit_signal(base::event_kind::sent, sent.from, to, &sent);
    if (delays_ == signal_delays::none) {
        return runtime_.offer_now(to, sent);
    }
    const endpoints between = endpoints_of(to, sent);
    auto at = channels_.find(between);
    // A signal from a process to itself, or to the dead, which answer at once.
    const bool takes_no_time = sent.from == to || !runtime_.is_open(to);
    if (takes_no_time && at != channels_.end()) {
        deliver(at->second, at->second.size);
    }
    if (takes_no_time && (at == channels_.end() || at->second.size == 0)) {
        return runtime_.offer_now(to, sent);
    }
    if (at == channels_.end()) {
        at = open(between);
    }
    if (at == channels_.end()) {
        return runtime_.offer_now(to, sent);
    }
    at->second.append(sent);
    return runtime_.to_pids().expected_by(to, sent);
}

channels::endpoints channels::endpoints_of(const pid& to,
                                           const detail::signal& sent) const noexcept {
    const bool sender_is_shared =
        delays_ != signal_delays::per_pair || sent.from == runtime_.outside_pid();
    return {sender_is_shared ? pid{} : sent.from, to};
}

/// The end iterator if there is no memory: then the signal may as well arrive at once.
channels::channel_map::iterator channels::open(const endpoints& between) noexcept {
    try {
        const auto made = channels_.try_emplace(between, *this, between).first;
        scheduler_.enqueue_errand(made->second);
        return made;
    } catch (const std::bad_alloc&) {
        channels_.erase(between);
        return channels_.end();
    }
}

/// Delivers a random number of signals, in half of all cases all signals. False: no signal is left,
/// and the channel is gone.
bool channels::deliver_some(channel& from) noexcept {
    const endpoints between = from.between;
    if (from.size > 0) {
        const base::without_caller here;
        deliver(from, scheduler_.choose_signals(from.size));
    }
    if (from.size > 0) {
        return true;
    }
    channels_.erase(between);
    return false;
}

/// The channel outlasts the deliveries, for signals sent in consequence.
void channels::deliver(channel& from, std::size_t count) noexcept {
    for (; count > 0 && from.size > 0; --count) {
        detail::signal& first = from.take_first();
        if (!runtime_.to_pids().arrive(from.between.second, first)) {
            return from.put_first(first);
        }
    }
}

void channels::channel::append(detail::signal& sent) noexcept {
    sent.next = nullptr;
    *end = &sent;
    end = &sent.next;
    ++size;
}

detail::signal& channels::channel::take_first() noexcept {
    detail::signal& taken = *std::exchange(first, first->next);
    if (--size == 0) {
        end = &first;
    }
    return taken;
}

void channels::channel::put_first(detail::signal& taken) noexcept {
    taken.next = std::exchange(first, &taken);
    if (size++ == 0) {
        end = &taken.next;
    }
}

}  // namespace coppice::process_layer
