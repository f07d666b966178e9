// SPDX-License-Identifier: Apache-2.0
// Spare scheduler threads, in place of threads that are stuck in a turn. The sentinel decides when.

#include <algorithm>
#include <exception>

#include "platform/guarded.hpp"
#include "sched/thread_scheduler.hpp"

namespace coppice::sched {

bool thread_scheduler::start_spare(scheduler_thread& spare) {
    // Release: pairs with the acquire in first_of_others().
    in_use_.store(std::max(in_use_.load(std::memory_order_relaxed), spare.index + 1),
                  std::memory_order_release);
    spare.active.store(true, std::memory_order_relaxed);
    // Pairs with all_parked().
    active_.fetch_add(1, std::memory_order_seq_cst);
    try {
        launch(spare);
        return true;
    } catch (const std::exception&) {  // no thread or no memory available
        spare.active.store(false, std::memory_order_relaxed);
        // Pairs with all_parked().
        active_.fetch_sub(1, std::memory_order_seq_cst);
        return false;
    }
}

void thread_scheduler::retire_spare(scheduler_thread& spare) {
    spare.has_to_end.store(true, std::memory_order_relaxed);
    spare.notify();
}

void thread_scheduler::join_spare(scheduler_thread& spare) {
    {
        const platform::scoped_lock lock{ended_mutex_};
        if (!spare.ended || !spare.thread.joinable()) {
            return;
        }
    }
    spare.thread.join();
    spare.has_to_end.store(false, std::memory_order_relaxed);
    spare.active.store(false, std::memory_order_relaxed);
}

/// Gives the runnables that a spare has left to all threads.
void thread_scheduler::release_runnables(scheduler_thread& leaving) noexcept {
    while (runnable* kept = leaving.take_from_slots()) {
        injector_.push(*kept);
    }
    while (runnable* waiting = leaving.queue.pop()) {
        injector_.push(*waiting);
    }
    // Pairs with all_parked().
    active_.fetch_sub(1, std::memory_order_seq_cst);
    wake_if_needed();
}

}  // namespace coppice::sched
