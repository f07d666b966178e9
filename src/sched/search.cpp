// SPDX-License-Identifier: Apache-2.0
// The search of a scheduler thread that has no runnables: work stealing.

#include <thread>

#include "sched/thread_scheduler.hpp"

namespace coppice::sched {
namespace {

void pause_cpu() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

runnable* thread_scheduler::search(scheduler_thread& self) noexcept {
    // Pairs with wake_if_needed().
    if (searching_.fetch_add(1, std::memory_order_seq_cst) > 0) {
        searching_.fetch_sub(1, std::memory_order_seq_cst);  // one searching thread is enough
        return nullptr;
    }
    for (auto& other : threads_) {
        self.seen_turns[other->index] = other->turns.load(std::memory_order_relaxed);
    }
    runnable* found = nullptr;
    const auto give_up = time::deadline_after(clock_.now(), settings_.spin);
    bool brief = false;
    do {
        self.more_is_due = fire_due(self.timers, timers_a_turn);
        // A timer is due before the search ends: the sooner the thread sleeps, the more timers are
        // due at the wake-up. So short a search cannot tell whether another thread is stuck: the
        // sentinel finds out. Undated timers are dated by now.
        brief = is_watched() && self.timers.next_due() <= give_up;
        found = next_of(self);
        if (found == nullptr) {
            found = steal(self, false);
        }
        for (int i = 0; found == nullptr && i < 64; ++i) {
            pause_cpu();
        }
    } while (found == nullptr && !brief && clock_.now() < give_up &&
             !stopping_.load(std::memory_order_relaxed));
    if (found == nullptr && !brief) {
        found = steal(self, true);
    }
    // Dekker: a searcher decrements searching_ and then calls has_queued_runnables(); a pusher
    // publishes a runnable and then reads searching_ in wake_if_needed().
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    if (found != nullptr && has_queued_runnables()) {
        wake_if_needed();  // a push meanwhile saw a searcher and woke no thread
    }
    return found;
}

runnable* thread_scheduler::steal(scheduler_thread& self, bool stuck_slots_too) noexcept {
    // Acquire: pairs with the release in start_spare().
    const std::size_t count = in_use_.load(std::memory_order_acquire);
    for (std::size_t i = 1; i < count; ++i) {
        scheduler_thread& victim = *threads_[(self.index + i) % count];
        if (runnable* stolen = victim.queue.steal_into(self.queue)) {
            self.steals.store(self.steals.load(std::memory_order_relaxed) + 1,
                              std::memory_order_relaxed);
            return stolen;
        }
        const bool stuck =
            victim.turns.load(std::memory_order_relaxed) == self.seen_turns[victim.index];
        if (stuck_slots_too && stuck) {
            if (runnable* stolen = victim.take_from_slots()) {
                return stolen;
            }
        }
    }
    return nullptr;
}

}  // namespace coppice::sched
