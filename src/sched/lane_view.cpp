// SPDX-License-Identifier: Apache-2.0
// What observers see of a scheduler thread.

#include "sched/thread_scheduler.hpp"

namespace coppice::sched {

std::vector<lane_view> thread_scheduler::look_at_lanes() const {
    std::vector<lane_view> out;
    out.reserve(threads_.size());
    for (const auto& each : threads_) {
        out.push_back(view_of(*each));
    }
    return out;
}

/// A spare without a thread counts as asleep.
lane_view thread_scheduler::view_of(const scheduler_thread& each) const noexcept {
    lane_view out;
    out.index = each.index;
    out.is_spare = each.is_spare;
    out.is_active = each.active.load(std::memory_order_relaxed);
    out.queue_len = each.queue.size() + (each.woken_slot.empty() ? 0U : 1U) +
                    (each.yielded_slot.empty() ? 0U : 1U);
    out.turns = each.turns.load(std::memory_order_relaxed);
    out.steals = each.steals.load(std::memory_order_relaxed);
    out.messages = each.messages.load(std::memory_order_relaxed);
    std::int64_t slept = 0;
    std::int64_t now = 0;
    do {  // seqlock-like: `now` was read while `slept` did not change
        // Acquire: pairs with the releases in note_asleep() and note_awake().
        slept = each.slept.load(std::memory_order_acquire);
        now = clock_.now().count();
    } while (each.slept.load(std::memory_order_acquire) != slept);
    out.busy = std::chrono::nanoseconds{slept < 0 ? -(slept + 1) : now - slept};
    out.running = each.running.load(std::memory_order_relaxed);
    return out;
}

}  // namespace coppice::sched
