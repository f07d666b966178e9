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
        } else if (!handled(*taken)) {
            starve(*taken, next);
            return false;
        }
        if (counted) {
            limits->moved();
        }
    }
    return true;
}

[[gnu::always_inline]] inline void process::take_in_here() noexcept {
    // A process with followers has a toll, and so has a process with a bound: the toll stands for all.
    if (toll_.now() != 0) [[unlikely]] {
        return take_in_with_toll();
    }
    if (late_ != nullptr && !life_.is_doomed() && !handle_late(nullptr)) {
        return;
    }
    handle_all(inbox_.take_all(generation_.load(std::memory_order_relaxed)), false, nullptr);
    if (mailbox_.size() >= process_layer::send_toll::backlog_of_one) {
        toll_.set_for(mailbox_.size(), standing_.is_followed());
    }
}

}  // namespace coppice::detail
