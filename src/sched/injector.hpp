// SPDX-License-Identifier: Apache-2.0
// The queue that all threads share: for wake-ups from outside the scheduler, and for half of a full
// ring of a scheduler thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/spin_lock.hpp"
#include "sched/runnable.hpp"

namespace coppice::sched {

class injector {
  public:
    void push(runnable& added) noexcept { push_chain({&added, &added, 1}); }

    /// Not inlined: each enqueue would save the registers of this rare case.
    [[gnu::noinline]] void push_chain(const runnable_chain& added) noexcept {
        const std::scoped_lock held{lock_};
        added.last->next_runnable = nullptr;
        *tail_ = added.first;
        tail_ = &added.last->next_runnable;
        // Dekker: a pusher increases size_ and then reads idle_count_; an idle thread increments
        // idle_count_ and then calls empty().
        size_.fetch_add(added.size, std::memory_order_seq_cst);
    }

    runnable* pop() noexcept { return pop_chain(1); }
    /// The oldest runnables, at most `most`, linked by `next_runnable`. Null if there are none.
    runnable* pop_chain(std::size_t most) noexcept {
        if (empty()) {
            return nullptr;
        }
        const std::scoped_lock held{lock_};
        runnable* const first = head_;
        runnable** end = &head_;
        std::size_t taken = 0;
        for (; taken < most && *end != nullptr; ++taken) {
            end = &(*end)->next_runnable;
        }
        if (taken > 0) {
            head_ = std::exchange(*end, nullptr);
            if (head_ == nullptr) {
                tail_ = &head_;
            }
            // Pairs with empty().
            size_.fetch_sub(taken, std::memory_order_seq_cst);
        }
        return first;
    }

    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    // Dekker, see push().
    bool empty() const noexcept { return size_.load(std::memory_order_seq_cst) == 0; }

  private:
    /// Held for a few instructions, or a cache miss for each runnable of a chain.
    base::spin_lock lock_;
    runnable* head_ = nullptr;
    runnable** tail_ = &head_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace coppice::sched
