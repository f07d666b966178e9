// SPDX-License-Identifier: Apache-2.0

#include "sched/thread_scheduler.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/turn.hpp"
#include "platform/guarded.hpp"

namespace coppice::sched {

constinit thread_local scheduler_thread* thread_scheduler::current_thread = nullptr;

thread_scheduler::thread_scheduler(settings chosen)
    : settings_{chosen},
      in_use_{std::max(chosen.workers, 1U)},
      active_{in_use_.load()},
      threads_{made_threads(in_use_.load())},
      outside_{no_lane, 0, threads_.front()->timers, clock_.slow_to_read()},
      sentinel_{*this, chosen.stuck_after} {
    idle_.reserve(threads_.size());
}

thread_scheduler::all_threads thread_scheduler::made_threads(unsigned regular) {
    all_threads made;
    const unsigned count = regular + settings_.spares;
    for (unsigned i = 0; i < count; ++i) {
        scheduler_thread* const keeps_timers = i < regular ? nullptr : made[i % regular].get();
        made.push_back(
            std::make_unique<scheduler_thread>(*this, i, keeps_timers, clock_.slow_to_read()));
        made.back()->seen.resize(count);
        made.back()->active = i < regular;
    }
    return made;
}

thread_scheduler::~thread_scheduler() = default;

// No scheduler thread takes a turn before all threads exist: if the system cannot provide enough
// threads, the start has had no effect.
void thread_scheduler::start(const std::shared_ptr<void>& keep_alive) {
    keep_alive_ = keep_alive;
    try {
        for (unsigned i = 0; i < in_use_.load(); ++i) {
            launch(*threads_[i]);
        }
        if (is_watched()) {
            sentinel_.start();
        }
    } catch (...) {
        set_stopping(true);
        release_threads();
        for (auto& each : threads_) {
            if (each->thread.joinable()) {
                each->thread.join();
            }
        }
        have_begun_ = false;
        set_stopping(false);
        keep_alive_.reset();
        throw;
    }
    release_threads();
}

void thread_scheduler::release_threads() noexcept {
    const platform::scoped_lock lock{ended_mutex_};
    have_begun_ = true;
    ended_changed_.notify_all();
}

/// stop() notifies a thread that is about to sleep and misses it.
void thread_scheduler::set_stopping(bool stopping) noexcept {
    for (auto& each : threads_) {
        each->has_to_end.store(stopping, std::memory_order_relaxed);
    }
    // Pairs with has_work().
    stopping_.store(stopping, std::memory_order_seq_cst);
}

void thread_scheduler::launch(scheduler_thread& started) {
    started.ended = false;
    started.thread = std::thread{[this, self = &started, keep = keep_alive_] { work(*self); }};
}

unsigned thread_scheduler::stop(std::chrono::steady_clock::time_point deadline) {
    sentinel_.stop();
    set_stopping(true);
    for (auto& each : threads_) {
        each->notify();
    }
    unsigned left = 0;
    for (auto& each : threads_) {
        if (!each->thread.joinable()) {
            continue;
        }
        platform::unique_lock lock{ended_mutex_};
        if (ended_changed_.wait_until(lock.native(), deadline, [&] { return each->ended; })) {
            lock.unlock();
            each->thread.join();
        } else {
            each->thread.detach();
            ++left;
        }
    }
    keep_alive_.reset();
    return left;
}

scheduler_thread* thread_scheduler::own_thread() const noexcept {
    scheduler_thread* self = current_thread;
    return self != nullptr && self->owner == this ? self : nullptr;
}

void thread_scheduler::enqueue(runnable& woken) noexcept {
    scheduler_thread* const self = own_thread();
    if (self == nullptr || woken.urgency.load(std::memory_order_relaxed) != rank::normal) {
        return share(woken);
    }
    if (runnable* displaced = self->woken_slot.put(woken)) {
        push(*self, *displaced);
    }
}

/// Enqueues a runnable for all scheduler threads. A function of its own, called last: so a wake-up on a
/// scheduler thread saves no registers.
[[gnu::noinline]] void thread_scheduler::share(runnable& woken) noexcept {
    if (!push_ranked(woken)) {
        injector_.push(woken);
        wake_if_needed();
    }
}

void thread_scheduler::enqueue_back(runnable& yielded) noexcept {
    scheduler_thread* self = own_thread();
    if (self != nullptr) {
        self->after_long_turn = true;
    }
    if (self == nullptr || yielded.urgency.load(std::memory_order_relaxed) != rank::normal) {
        return share(yielded);
    }
    if (self->yielded_slot.empty() && self->queue.empty()) {
        // No other runnable waits here, and no thief need be woken.
        self->yielded_slot.put(yielded);
        return;
    }
    if (runnable* other = self->yielded_slot.take()) {
        push(*self, *other);
    }
    push(*self, yielded);
}

/// False if the rank is normal.
bool thread_scheduler::push_ranked(runnable& added) noexcept {
    const rank urgency = added.urgency.load(std::memory_order_relaxed);
    if (urgency == rank::normal) {
        return false;
    }
    ranked_.push(added, urgency);
    wake_if_needed();
    return true;
}

[[gnu::noinline]] void thread_scheduler::push(scheduler_thread& self, runnable& added) noexcept {
    while (!self.queue.push(added)) {  // at most twice: only a thief makes room
        if (const auto half = self.queue.take_half_of_full(added)) {
            injector_.push_chain(*half);
            return wake_if_needed();
        }
    }
    wake_thief_if_needed();
}

/// For a runnable in the queue of the calling thread: a lookout is going to look there.
void thread_scheduler::wake_thief_if_needed() noexcept {
    // Dekker: the caller has published a runnable, see park().
    if (!has_lookout_.load(std::memory_order_seq_cst)) {
        wake_if_needed();
    }
}

void thread_scheduler::wake_if_needed() noexcept {
    // Dekker: the caller has published a runnable. For idle_count_ see run_queue::push(), for
    // searching_ see search_for_long().
    if (idle_count_.load(std::memory_order_seq_cst) > 0 &&
        searching_.load(std::memory_order_seq_cst) == 0) {
        wake_one();
    }
}

void thread_scheduler::wake_one() noexcept {
    scheduler_thread* chosen = nullptr;
    {
        const platform::scoped_lock lock{idle_mutex_};
        if (idle_.empty()) {
            return;
        }
        chosen = idle_.back();
        idle_.pop_back();
        // Pairs with wake_if_needed() and all_parked().
        idle_count_.fetch_sub(1, std::memory_order_seq_cst);
    }
    chosen->notify();
}

const place& thread_scheduler::here() const noexcept {
    const scheduler_thread* const self = own_thread();
    return self == nullptr ? outside_ : self->here;
}

unsigned thread_scheduler::shard_count() const noexcept {
    return lane_count() - settings_.spares;
}

unsigned thread_scheduler::lane_count() const noexcept {
    return static_cast<unsigned>(threads_.size());
}

time::timer_queue& thread_scheduler::timers(unsigned shard) noexcept {
    return threads_[shard]->timers;
}

void thread_scheduler::timer_added(unsigned shard) noexcept {
    scheduler_thread& owner = *threads_[shard];
    if (&owner == current_thread) {
        return;  // the thread is awake and checks its timers before sleeping
    }
    owner.notify();
}

bool thread_scheduler::is_own_thread() const noexcept {
    return own_thread() != nullptr || sentinel_.is_own_thread();
}

void thread_scheduler::fire_due(time::timer_queue& timers) noexcept {
    while (fire_due(timers, timers_a_turn)) {
    }
}

/// True if `at_most` timers have fired, so that more may be due.
bool thread_scheduler::fire_due(time::timer_queue& timers, unsigned at_most) noexcept {
    return timers.due_not_before() != time::never &&
           fire_due_at(clock_.now(), timers, at_most, true);
}

/// The look of a thread at its timers between two turns. True as `fire_due`.
bool thread_scheduler::look_at_timers(scheduler_thread& self) noexcept {
    if (self.timers.due_not_before() == time::never) {
        return false;
    }
    const auto now = clock_.now();
    const bool dates = self.after_long_turn || now - self.dated_at >= dating_period;
    if (dates) {
        self.dated_at = now;
    }
    return fire_due_at(now, self.timers, timers_a_turn, dates);
}

bool thread_scheduler::fire_due_at(std::chrono::nanoseconds now, time::timer_queue& timers,
                                   unsigned at_most, bool dates) noexcept {
    time::timer_list undelivered{};
    const bool may_be_more = timers.fire_due(now, at_most, undelivered, dates) == at_most;
    if (!undelivered.empty() && leftovers_.add(undelivered)) {
        enqueue(leftovers_);
    }
    return may_be_more;
}

}  // namespace coppice::sched
