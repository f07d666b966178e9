// SPDX-License-Identifier: Apache-2.0
// The intake of signals. Inline, because each turn begins with an intake.

#pragma once

#include <utility>

#include "base/turn.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

/// False if memory ran out before the last signal.
[[gnu::always_inline]] inline bool process::handle_all(signal* next, bool first_is_known) noexcept {
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
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
    }
    return true;
}

[[gnu::always_inline]] inline void process::take_in_here() noexcept {
    if (late_ != nullptr && !life_.is_doomed() && !handle_late()) {
        return;
    }
    handle_all(inbox_.take_all(generation_.load(std::memory_order_relaxed)), false);
    // A process with followers has a toll, so the toll stands for both.
    if (mailbox_.size() >= send_toll::backlog_of_one || toll_.now() != 0) {
        toll_.set_for(mailbox_.size(), standing_.is_followed());
    }
}

}  // namespace coppice::detail
