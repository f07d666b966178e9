// SPDX-License-Identifier: Apache-2.0
// Requests of a process about its links and monitors.

#include <memory>
#include <utility>
#include <vector>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

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

}  // namespace coppice::detail
