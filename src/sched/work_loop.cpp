// SPDX-License-Identifier: Apache-2.0
// The loop of a scheduler thread: the choice of the next runnable.

#include <algorithm>
#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/transfer.hpp"
#include "platform/guarded.hpp"
#include "sched/thread_scheduler.hpp"

namespace coppice::sched {
namespace {

constexpr std::uint32_t slot_streak_max = 64;    // then the queue gets a turn
constexpr std::uint32_t low_rank_turns = 8;      // as often as in OTP
constexpr std::uint32_t timer_check_turns = 16;  // reading the clock costs as much as a message
constexpr std::uint32_t injector_check_turns = 56;
/// The lock of the injector is held while the links are followed: a cache miss for each.
constexpr std::size_t most_at_once = 32;

}  // namespace

void thread_scheduler::work(scheduler_thread& self) {
    const base::without_caller outside_turns;
    detail::begin_stack_here();
    current_thread = &self;
    // A spare goes on with the count of an earlier thread.
    base::messages_here = self.messages.load(std::memory_order_relaxed);
    note_awake(self);
    self.number.store(platform::this_thread_number(), std::memory_order_relaxed);
    {
        platform::unique_lock lock{ended_mutex_};
        ended_changed_.wait(lock.native(),
                            [&]() COPPICE_REQUIRES(ended_mutex_) { return have_begun_; });
    }
    for (;;) {
        runnable* next = is_usual(self) ? next_of_own(self) : nullptr;
        if (next == nullptr) {
            if (self.has_to_end.load(std::memory_order_relaxed)) {
                break;
            }
            next = next_of_all(self);
        }
        if (next == nullptr) {
            park(self);
            continue;
        }
        self.running.store(next, std::memory_order_relaxed);
        // Release: pairs with the acquires in sentinel::check_turn() and turn_in_progress. A thread
        // that sees the number of this turn sees `running` of this turn or later. Only this thread
        // writes `turns`, so a load and a store suffice.
        self.turns.store(self.turns.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        next->run_turn();
        self.running.store(nullptr, std::memory_order_release);
    }
    self.messages.store(base::messages_here, std::memory_order_relaxed);
    note_asleep(self);
    if (self.is_spare) {
        release_runnables(self);
    }
    current_thread = nullptr;
    const platform::scoped_lock lock{ended_mutex_};
    self.ended = true;
    ended_changed_.notify_all();
}

namespace {

// The rules that put another runnable before the own runnables of a thread. They read the scheduler thread alone.

static_assert(timer_check_turns % low_rank_turns == 0 && injector_check_turns % low_rank_turns == 0,
              "the usual turn tests one number for all");

bool comes_every(std::uint32_t period, const scheduler_thread& self) noexcept {
    return static_cast<std::uint32_t>(self.turns.load(std::memory_order_relaxed)) % period == 0;
}

bool checks_timers(const scheduler_thread& self) noexcept {
    return comes_every(timer_check_turns, self) || self.after_long_turn || self.more_is_due;
}

bool checks_low_rank(const scheduler_thread& self) noexcept {
    return comes_every(low_rank_turns, self);
}

bool checks_injector(const scheduler_thread& self) noexcept {
    return self.after_long_turn || comes_every(injector_check_turns, self);
}

bool slot_has_had_its_share(const scheduler_thread& self) noexcept {
    return self.slot_streak >= slot_streak_max;
}

}  // namespace

/// Whether no rule puts another runnable before the own runnables of the thread. The usual turn.
[[gnu::always_inline]] inline bool thread_scheduler::is_usual(
    const scheduler_thread& self) const noexcept {
    // The turns in which timers or the injector are looked at are among the turns for low ranks. All other
    // rules are rare: one branch for several of them costs less than one for each.
    const bool is_rare = (unsigned{self.after_long_turn} | unsigned{self.more_is_due} |
                          unsigned{self.has_to_end.load(std::memory_order_relaxed)}) != 0;
    return !checks_low_rank(self) && !is_rare && !slot_has_had_its_share(self) &&
           !ranked_.has_urgent();
}

[[gnu::always_inline]] inline runnable* thread_scheduler::next_in_line(
    scheduler_thread& self) noexcept {
    runnable* const yielded = self.yielded_slot.take();
    return yielded != nullptr ? yielded : self.queue.pop();
}

/// The next of the runnables that wait for this thread, without a look at others.
[[gnu::always_inline]] inline runnable* thread_scheduler::next_of_own(
    scheduler_thread& self) noexcept {
    if (runnable* woken = self.woken_slot.take()) {
        ++self.slot_streak;
        return woken;
    }
    self.slot_streak = 0;
    return next_in_line(self);
}

/// The next runnable of this thread or, after a search, of another thread. Fires due timers before. Null if
/// there is no runnable. A thread that has parked comes here first, see `more_is_due`.
[[gnu::noinline]] runnable* thread_scheduler::next_of_all(scheduler_thread& self) {
    if (checks_timers(self)) {
        self.more_is_due = look_at_timers(self);
        self.messages.store(base::messages_here, std::memory_order_relaxed);
    }
    runnable* next = next_of(self);
    const bool searches = next == nullptr;
    if (searches) {
        next = search(self);
    }
    if (next == nullptr) {
        return nullptr;
    }
    const bool was_parked = std::exchange(self.was_parked, false);
    if (was_parked) {
        sentinel_.wake_if_asleep();
    }
    if (searches || was_parked) {
        wake_next();
    }
    return next;
}

/// Makes up for pushes during a search or a lookout, which woke no thread.
void thread_scheduler::wake_next() noexcept {
    if (has_shared_runnables()) {
        wake_if_needed();
    } else if (has_queued_runnables()) {
        wake_thief_if_needed();
    }
}

runnable* thread_scheduler::next_of(scheduler_thread& self) noexcept {
    if (runnable* urgent = ranked_.pop_urgent()) {
        return urgent;
    }
    // A queue of low rank that never empties must not keep the thread from the injector.
    if (checks_low_rank(self) && !comes_every(injector_check_turns, self)) {
        if (runnable* patient = ranked_.pop_low()) {
            return patient;
        }
    }
    const bool looks_outside = checks_injector(self);
    self.after_long_turn = false;
    if (looks_outside) {
        if (runnable* outside = injector_.pop()) {
            return outside;
        }
    }
    if (slot_has_had_its_share(self)) {
        self.slot_streak = 0;
        if (runnable* waiting = next_behind_slot(self)) {
            return waiting;
        }
    }
    if (runnable* own = next_of_own(self)) {
        return own;
    }
    if (runnable* outside = next_from_outside(self)) {
        return outside;
    }
    return ranked_.pop_low();
}

/// Takes several runnables at once: each of them would take the lock of the injector. Takes a fair share, and
/// leaves the others to the other threads. Precondition: the queue is empty.
runnable* thread_scheduler::next_from_outside(scheduler_thread& self) noexcept {
    const std::size_t share = injector_.size() / active_.load(std::memory_order_relaxed) + 1;
    runnable* const first = injector_.pop_chain(std::min(share, most_at_once));
    if (first == nullptr) {
        return nullptr;
    }
    if (runnable* const others = std::exchange(first->next_runnable, nullptr)) {
        self.queue.push_chain(others);
        wake_thief_if_needed();  // an idle thread that has looked meanwhile has not found them
    }
    return first;
}

/// The runnable that has waited while the LIFO slot took many turns in a row. Null if there is
/// none, or if an idle thread is going to take the runnable.
runnable* thread_scheduler::next_behind_slot(scheduler_thread& self) noexcept {
    if (idle_count_.load(std::memory_order_relaxed) > 0 &&
        !has_lookout_.load(std::memory_order_relaxed)) {
        // The runnable is no part of the exchange in the LIFO slot, so an idle thread
        // had better run it.
        if (runnable* yielded = self.yielded_slot.take()) {
            push(self, *yielded);
            return nullptr;
        }
    }
    return next_in_line(self);
}

}  // namespace coppice::sched
