// SPDX-License-Identifier: Apache-2.0
// How a scheduler thread without work goes to sleep.

#include <algorithm>

#include "base/turn.hpp"
#include "platform/guarded.hpp"
#include "sched/thread_scheduler.hpp"

namespace coppice::sched {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds timer_pause = 250us;  // BEAM counts whole milliseconds
constexpr std::chrono::nanoseconds longest_sleep = 1h;   // a later time_point may overflow

}  // namespace

bool thread_scheduler::has_work(const scheduler_thread& self) const noexcept {
    // Pairs with set_stopping().
    return stopping_.load(std::memory_order_seq_cst) || has_shared_runnables() ||
           (!self.backoff.is_active() && has_queued_runnables()) ||
           self.timers.next_due() <= clock_.now();
}

bool thread_scheduler::has_shared_runnables() const noexcept {
    return !injector_.empty() || !ranked_.empty();
}

bool thread_scheduler::has_queued_runnables() const noexcept {
    return std::any_of(threads_.begin(), threads_.end(),
                       [](const auto& each) { return !each->queue.empty(); });
}

void thread_scheduler::park(scheduler_thread& self) {
    {
        const platform::scoped_lock lock{idle_mutex_};
        idle_.push_back(&self);
        // Dekker: idle_count_ is incremented and then has_work() looks, see
        // run_queue::push(). A thread in a back-off leaves the queues to the lookout.
        idle_count_.fetch_add(1, std::memory_order_seq_cst);
    }
    const bool looks_out = becomes_lookout(self);
    if (!has_work(self)) {
        sleep(self, looks_out ? self.backoff.resumes_at() : time::never);
    }
    if (looks_out) {
        // Dekker: a pusher publishes a runnable and then reads has_lookout_ in wake_thief_if_needed().
        // A thread that clears has_lookout_ then calls wake_next(), becomes the lookout again, or parks
        // after has_work() has looked.
        has_lookout_.store(false, std::memory_order_seq_cst);
    }
    {
        const platform::scoped_lock lock{self.mutex};
        self.notified = false;
    }
    {
        const platform::scoped_lock lock{idle_mutex_};
        if (std::erase(idle_, &self) > 0) {
            // Dekker with sentinel::sleep(), which reads idle_count_ in all_parked().
            idle_count_.fetch_sub(1, std::memory_order_seq_cst);
        }
    }
    self.was_parked = self.more_is_due = true;
    for (unsigned i = 0; i < shard_count(); ++i) {
        // All shards, since another scheduler thread may be stuck in a turn. This thread checks its
        // own timers again before the next turn, see `more_is_due`.
        fire_due(threads_[i]->timers, timers_a_turn);
    }
}

/// One of the threads that put off their steals is the lookout, and looks for all of them when its next steal is due.
/// If all other threads sleep, no lookout is needed.
bool thread_scheduler::becomes_lookout(const scheduler_thread& self) noexcept {
    // A pusher that misses the lookout wakes a thread.
    return self.backoff.is_active() && !all_parked() &&
           !has_lookout_.load(std::memory_order_relaxed) &&
           !has_lookout_.exchange(true, std::memory_order_relaxed);
}

/// Sleeps until the thread is woken, until a timer is due, or until `look_at`.
void thread_scheduler::sleep(scheduler_thread& self, std::chrono::nanoseconds look_at) {
    self.messages.store(base::messages_here, std::memory_order_relaxed);
    note_asleep(self);
    {
        platform::unique_lock lock{self.mutex};
        const auto is_notified = [&]() COPPICE_REQUIRES(self.mutex) { return self.notified; };
        const auto due = self.timers.next_due();
        if (due == time::never && look_at == time::never) {
            self.woken.wait(lock.native(), is_notified);
        } else if (!self.woken.wait_for(lock.native(), sleep_for(self, due, look_at),
                                        is_notified) &&
                   due <= clock_.now()) {
            self.last_timer_at = clock_.now();
        }
    }
    note_awake(self);
}

void thread_scheduler::note_asleep(scheduler_thread& self) const noexcept {
    // Release: pairs with the acquires in view_of().
    self.slept.store(self.slept.load(std::memory_order_relaxed) - clock_.now().count() - 1,
                     std::memory_order_release);
}

void thread_scheduler::note_awake(scheduler_thread& self) const noexcept {
    // Release: pairs with the acquires in view_of().
    self.slept.store(self.slept.load(std::memory_order_relaxed) + 1 + clock_.now().count(),
                     std::memory_order_release);
}

/// How long to sleep. Where timers follow each other closely, the thread sleeps past some of them:
/// to sleep and wake up for each timer would cost more than the work of all these timers.
std::chrono::nanoseconds thread_scheduler::sleep_for(
    const scheduler_thread& self, std::chrono::nanoseconds due,
    std::chrono::nanoseconds look_at) const noexcept {
    const auto now = clock_.now();
    const bool timers_are_frequent = now - self.last_timer_at < timer_pause;
    const auto until_due =
        std::clamp(due - now, timers_are_frequent ? timer_pause : 0ns, longest_sleep);
    return std::min(until_due, look_at - now);
}

bool thread_scheduler::all_parked() const noexcept {
    // Dekker, see sentinel::sleep(). Pairs with park() and wake_one(), and with start_spare() and
    // release_runnables().
    return idle_count_.load(std::memory_order_seq_cst) == active_.load(std::memory_order_seq_cst);
}

}  // namespace coppice::sched
