// SPDX-License-Identifier: Apache-2.0
// Requests of a process about its links and monitors.

#include <memory>
#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

void process::link_to(const pid& peer) {
    const process_layer::custody::hold held = inside();
    if (!held || peer == self()) {
        return;
    }
    owned_signal asked{new process_layer::plain_signal{signal_kind::link}};
    asked->from = self();
    if (bonds_.link(peer)) {
        runtime_.deliver(peer, asked.release());
    }
}

void process::unlink_from(const pid& peer) {
    const process_layer::custody::hold held = inside();
    if (!held || bonds_.state_of(peer) != process_layer::link_state::linked) {
        return;
    }
    auto* told = with_reserve([] { return new process_layer::plain_signal{signal_kind::unlink}; });
    told->from = self();
    told->tag = runtime_.new_tag();
    bonds_.unlink(peer, told->tag);
    runtime_.deliver(peer, told);
}

void process::monitor(std::uint64_t tag, const pid& target, name_if_any name) {
    const process_layer::custody::hold held = inside();
    if (!held) {
        return;
    }
    auto asked = std::make_unique<process_layer::monitor_signal>(std::move(name));
    asked->from = self();
    asked->tag = tag;
    bonds_.watch(tag, target);
    spend_on(runtime_.deliver(target, asked.release()));
}

bool process::trap_exit(bool on) noexcept {
    const process_layer::custody::hold held = inside();
    const bool before = traps_exits_;
    if (held) {
        traps_exits_ = on;
    }
    return before;
}

bool process::unwatch(std::uint64_t tag) {
    const process_layer::custody::hold held = inside();
    const pid* const watched = held ? bonds_.target_of(tag) : nullptr;
    if (watched == nullptr) {
        return false;
    }
    auto* told =
        with_reserve([] { return new process_layer::plain_signal{signal_kind::demonitor}; });
    told->from = self();
    told->tag = tag;
    const pid target = *watched;
    bonds_.unwatch(tag);
    runtime_.deliver(target, told);
    return true;
}

}  // namespace coppice::detail
