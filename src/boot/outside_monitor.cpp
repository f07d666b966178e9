// SPDX-License-Identifier: Apache-2.0

#include "boot/outside_monitor.hpp"

#include <new>

#include "boot/runtime_impl.hpp"
#include "process/signals.hpp"

namespace coppice::boot {

using detail::runtime_impl;
using detail::with_reserve;

outside_monitor::outside_monitor(runtime_impl& world)
    : runtime_{world},
      tag_{world.core->new_tag()},
      ended_{std::make_shared<detail::outside_answer>()} {
    runtime_.core->outside().add(tag_, ended_);  // before the answer can come
}

outside_monitor::outside_monitor(runtime_impl& world, const pid& who) : outside_monitor{world} {
    auto* asked = with_reserve([] { return new process_layer::monitor_signal{nullptr}; });
    who_ = who;
    asked->from = runtime_.core->outside_pid();
    asked->tag = tag_;
    runtime_.core->deliver(who_, asked);
}

outside_monitor::~outside_monitor() {
    runtime_.core->outside().drop(tag_);
    if (!who_ || ended_->given()) {
        return;
    }
    try {
        auto* over = with_reserve(
            [] { return new process_layer::plain_signal{detail::signal_kind::demonitor}; });
        over->from = runtime_.core->outside_pid();
        over->tag = tag_;
        runtime_.core->deliver(who_, over);
    } catch (const std::bad_alloc&) {
        return;  // the monitor stays, and its down signal finds no wait
    }
}

bool outside_monitor::wait(detail::nanoseconds timeout, const std::atomic<bool>& unless) const {
    return runtime_.wait_for(ended_, timeout, unless);
}

}  // namespace coppice::boot
