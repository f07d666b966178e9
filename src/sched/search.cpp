// SPDX-License-Identifier: Apache-2.0
// The search of a scheduler thread that has no runnables: work stealing.

#include <thread>
#include <utility>

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

/// The first runnable that `take` takes from another thread, the neighbour first.
template <class Take>
runnable* thread_scheduler::first_of_others(const scheduler_thread& self, Take take) noexcept {
    // Acquire: pairs with the release in start_spare().
    const std::size_t count = in_use_.load(std::memory_order_acquire);
    for (std::size_t i = 1; i < count; ++i) {
        if (runnable* taken = take(*threads_[(self.index + i) % count])) {
            return taken;
        }
    }
    return nullptr;
}

/// A runnable for a thread that has none, mostly of another thread. Fires due timers. Null if the thread is to park.
runnable* thread_scheduler::search(scheduler_thread& self) noexcept {
    const auto now = clock_.now();
    if (self.backoff.ran_out(self.turns.load(std::memory_order_relaxed), now)) {
        see_progress(self);
    }
    return self.backoff.is_active() ? look(self, now) : search_for_long(self, now);
}

void thread_scheduler::see_progress(scheduler_thread& self) noexcept {
    for (const auto& other : threads_) {
        self.seen[other->index] = other->so_far();
    }
}

/// The search of a thread that puts off its steals: one look at the other threads, when the pause is over.
runnable* thread_scheduler::look(scheduler_thread& self, std::chrono::nanoseconds now) noexcept {
    self.more_is_due = fire_due(self.timers, timers_a_turn);
    if (runnable* own = next_of(self)) {
        return own;
    }
    if (now < self.backoff.resumes_at()) {
        return nullptr;
    }
    self.backoff.looked(now);
    return steal_what_waits(self);
}

/// The search for `spin`.
runnable* thread_scheduler::search_for_long(scheduler_thread& self,
                                            std::chrono::nanoseconds now) noexcept {
    // Pairs with wake_if_needed().
    if (searching_.fetch_add(1, std::memory_order_seq_cst) > 0) {
        searching_.fetch_sub(1, std::memory_order_seq_cst);  // one searching thread is enough
        return nullptr;
    }
    see_progress(self);
    runnable* found = nullptr;
    const auto give_up = time::deadline_after(now, settings_.spin);
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
    // Dekker: a searcher decrements searching_ and then calls wake_next(), or parks after has_work() has looked; a
    // pusher publishes a runnable and then reads searching_ in wake_if_needed().
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    return found;
}

runnable* thread_scheduler::steal(scheduler_thread& self, bool stuck_slots_too) noexcept {
    return first_of_others(self, [&](scheduler_thread& victim) {
        runnable* const stolen = steal_from(self, victim);
        const bool stuck = victim.so_far().turns == self.seen[victim.index].turns;
        return stolen == nullptr && stuck_slots_too && stuck ? victim.take_from_slots() : stolen;
    });
}

/// Leaves a queue alone that is soon to be empty. Takes from the slots of a thread without a turn since the look before.
runnable* thread_scheduler::steal_what_waits(scheduler_thread& self) noexcept {
    return first_of_others(self, [&](scheduler_thread& victim) {
        const progress now = victim.so_far();
        const progress before = std::exchange(self.seen[victim.index], now);
        runnable* stolen = nullptr;
        if (waits_for_long(now.have_left - before.have_left, victim.queue.size())) {
            stolen = steal_from(self, victim);
        }
        const bool stuck = now.turns == before.turns;
        return stolen == nullptr && stuck ? victim.take_from_slots() : stolen;
    });
}

runnable* thread_scheduler::steal_from(scheduler_thread& self, scheduler_thread& victim) noexcept {
    runnable* const stolen = victim.queue.steal_into(self.queue);
    if (stolen != nullptr) {
        self.steals.store(self.steals.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
        self.backoff.stole(self.turns.load(std::memory_order_relaxed), clock_.now());
    }
    return stolen;
}

}  // namespace coppice::sched
