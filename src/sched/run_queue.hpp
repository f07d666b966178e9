// SPDX-License-Identifier: Apache-2.0
// The queue of a scheduler thread for work stealing: a ring that the owner fills and empties, and
// from which other scheduler threads steal half.
//
// Invariants
//   1. Entries from head_ to tail_ are valid; tail_ - head_ <= capacity.
//   2. Only the owner writes tail_. head_ moves by compare-and-swap, so each entry leaves once.
//
// Threads    push, push_chain, take_half_of_full, pop: the owner. steal_into: any other scheduler thread or the
//            sentinel, each into a queue of its own. empty, size, have_left: any.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "coppice/detail/contract.hpp"
#include "sched/runnable.hpp"

namespace coppice::sched {

class run_queue {
  public:
    static constexpr std::uint32_t capacity = 256;

    /// False if the ring is full.
    bool push(runnable& added) noexcept {
        // Acquire: pairs with the releases of head_ in pop() and steal_into(). The cell is
        // overwritten after it was read.
        const std::uint32_t head = head_.load(std::memory_order_acquire);
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head >= capacity) {
            return false;
        }
        ring_[tail % capacity].store(&added, std::memory_order_relaxed);
        // Sequentially consistent (Dekker): an idle thread increments idle_count_ and then
        // calls empty(); a pusher stores tail_ and then reads idle_count_. At least one of the
        // two sees the other.
        tail_.store(tail + 1, std::memory_order_seq_cst);
        return true;
    }

    /// Pushes all runnables of a chain, linked by `next_runnable`. Precondition: there is room for them.
    void push_chain(runnable* first) noexcept {
        // Acquire: pairs with the releases of head_ in pop() and steal_into(), as in push().
        const std::uint32_t head = head_.load(std::memory_order_acquire);
        std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        while (first != nullptr) {
            COPPICE_EXPECTS(tail - head < capacity, "push a chain into a queue that has room");
            ring_[tail++ % capacity].store(std::exchange(first, first->next_runnable),
                                           std::memory_order_relaxed);
        }
        // Dekker: an idle thread increments idle_count_ and then calls empty(), as in push().
        tail_.store(tail, std::memory_order_seq_cst);
    }

    /// Takes the oldest half out of a full ring, and adds `newest` at the end of the chain. Nothing if the ring is not
    /// full: a thief has made room meanwhile.
    std::optional<runnable_chain> take_half_of_full(runnable& newest) noexcept {
        // Acquire: pairs with the releases of head_ in pop() and steal_into(), as in push().
        std::uint32_t head = head_.load(std::memory_order_acquire);
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        // Release: pairs with the acquire of head_ in push(), as in pop().
        if (tail - head < capacity ||
            !head_.compare_exchange_strong(head, head + capacity / 2, std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
            return std::nullopt;
        }
        // Linked only now: before, a thief could have taken the same entries.
        runnable_chain taken{&newest, &newest, capacity / 2 + 1};
        for (std::uint32_t i = capacity / 2; i-- > 0;) {
            runnable* each = ring_[(head + i) % capacity].load(std::memory_order_relaxed);
            each->next_runnable = std::exchange(taken.first, each);
        }
        return taken;
    }

    runnable* pop() noexcept {
        // Acquire: pairs with the releases of head_ below and in steal_into().
        std::uint32_t head = head_.load(std::memory_order_acquire);
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        while (head != tail) {
            runnable* taken = ring_[head % capacity].load(std::memory_order_relaxed);
            // Release: pairs with the acquire of head_ in push().
            if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel,
                                            std::memory_order_acquire)) {
                return taken;
            }
        }
        return nullptr;
    }

    /// Moves half of the entries, rounded up, to `thief`, except the first entry, which
    /// is returned. Null if the queue is empty. Precondition: `thief` is empty and
    /// belongs to the caller.
    runnable* steal_into(run_queue& thief) noexcept {
        COPPICE_EXPECTS(&thief != this && thief.size() == 0,
                        "steal into an empty queue of the calling thread");
        // Acquire: pairs with the releases of head_ in pop() and steal_into().
        std::uint32_t head = head_.load(std::memory_order_acquire);
        for (;;) {
            // Acquire: pairs with the stores of tail_ in push() and steal_into(),
            // for the entries below tail.
            const std::uint32_t tail = tail_.load(std::memory_order_acquire);
            const std::uint32_t waiting = tail - head;
            const std::uint32_t taking = waiting - waiting / 2;
            if (waiting == 0) {
                return nullptr;
            }
            if (waiting > capacity) {  // head is older than tail: read head again
                // Acquire: pairs with the releases of head_, as above.
                head = head_.load(std::memory_order_acquire);
                continue;
            }
            runnable* first = ring_[head % capacity].load(std::memory_order_relaxed);
            const std::uint32_t to = thief.tail_.load(std::memory_order_relaxed);
            for (std::uint32_t i = 1; i < taking; ++i) {
                runnable* moved = ring_[(head + i) % capacity].load(std::memory_order_relaxed);
                thief.ring_[(to + i - 1) % capacity].store(moved, std::memory_order_relaxed);
            }
            // Release: pairs with the acquire of head_ in push(), which then reuses the cells.
            if (head_.compare_exchange_strong(head, head + taking, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
                // Dekker, as in push(). Pairs with the acquire of tail_ in steal_into() of
                // another thief.
                thief.tail_.store(to + taking - 1, std::memory_order_seq_cst);
                return first;
            }
        }
    }

    bool empty() const noexcept {
        // Dekker: an idle thread has incremented idle_count_, see push().
        return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_seq_cst);
    }

    /// The number of entries that have left the queue so far; wraps; any thread.
    std::uint32_t have_left() const noexcept { return head_.load(std::memory_order_relaxed); }

    /// The size at some moment; any thread.
    std::uint32_t size() const noexcept {
        // Acquire: pairs with the releases of head_ in pop() and steal_into(), so that tail_ is
        // not older than head_.
        const std::uint32_t head = head_.load(std::memory_order_acquire);
        return tail_.load(std::memory_order_relaxed) - head;
    }

  private:
    alignas(64) std::atomic<std::uint32_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};
    std::array<std::atomic<runnable*>, capacity> ring_{};
};

}  // namespace coppice::sched
