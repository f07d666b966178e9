// SPDX-License-Identifier: Apache-2.0
// The inbox of a process for signals: a lock-free LIFO list. The head word also holds whether the
// process has to be woken and which generation of the process slot is meant. So a send is one
// compare-and-swap, and can never reach a later process in the same slot.
//
//     word        meaning                      push                      owner
//     empty       running, nothing new         becomes the list          may block
//     blocked     waits for a signal           becomes the list, wakes   is not running
//     a signal    running, newest on top       becomes the top           takes all
//     closed      no process                   refused                   -
//
// The top 16 bits are the tag: the low 16 bits of the generation. The sender has compared the whole
// generation before the push. Tags repeat after 65,536 generations of a slot; the slot then rests
// until no sender is in the middle of a send that began so long ago.
//
// Threads    push, is_open, is_at_rest, has_signals: any thread. Everything else: the owner, which
//            is the thread that has custody of the process.

#pragma once

#include <atomic>
#include <cstdint>

#include "coppice/detail/signal.hpp"

namespace coppice::mailbox {

using detail::signal;

/// Reverses a list.
inline signal* oldest_first(signal* newest) noexcept {
    if (newest == nullptr || newest->next == nullptr) {
        return newest;  // the usual case
    }
    signal* oldest = nullptr;
    while (newest != nullptr) {
        signal* older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

enum class push_result : std::uint8_t { queued, wake, closed };

class inbox {
  public:
    /// Opens the inbox. If `blocked`, the first push answers `wake`; otherwise signals queue up and
    /// the owner enqueues the process.
    void open(std::uint32_t generation, bool blocked) noexcept {
        // Release: pairs with the acquire in push().
        word_.store(tagged(generation, blocked ? blocked_mark : empty_mark),
                    std::memory_order_release);
    }

    push_result push(signal& added, std::uint32_t generation) noexcept {
        // Acquire: pairs with the releases in open() and try_block(), as below.
        std::uint64_t word = word_.load(std::memory_order_acquire);
        for (;;) {
            // Without the tag if the tags are equal, else above `low_mask`.
            const std::uint64_t low = word ^ tagged(generation, 0);
            if (low < closed_mark) {
                added.next = nullptr;
            } else if (low == closed_mark || low > low_mask) {
                return push_result::closed;
            } else {
                added.next = reinterpret_cast<signal*>(low);
            }
            const std::uint64_t pushed =
                tagged(generation, reinterpret_cast<std::uint64_t>(&added));
            // Release: pairs with the acquire in take_all(), has_exit() and close().
            // Acquire: pairs with the release in open() and try_block(). The sender that wakes the
            // owner sees all writes of the owner before the block.
            // Sequential: Dekker, pairs with has_exit(), see process::lets_follow().
            if (word_.compare_exchange_weak(word, pushed, std::memory_order_seq_cst,
                                            std::memory_order_acquire)) {
                return low == blocked_mark ? push_result::wake : push_result::queued;
            }
        }
    }

    /// Whether tags repeat from this generation on.
    static constexpr bool begins_anew(std::uint32_t generation) noexcept {
        return (generation & tag_mask) == 0;
    }

    bool has_signals() const noexcept {
        return (word_.load(std::memory_order_relaxed) & low_mask) > closed_mark;
    }

    /// Whether an exit signal has come. Owner only: a concurrent push adds a signal in front of the
    /// examined list and leaves the list as is.
    bool has_exit() const noexcept {
        // Sequential: Dekker, pairs with push(), see process::lets_follow().
        const std::uint64_t low = word_.load(std::memory_order_seq_cst) & low_mask;
        const signal* next = low > closed_mark ? reinterpret_cast<const signal*>(low) : nullptr;
        while (next != nullptr && !is_exit_signal(*next)) {
            next = next->next;
        }
        return next != nullptr;
    }

    bool is_open(std::uint32_t generation) const noexcept {
        // Acquire: pairs with the release in open().
        const std::uint64_t word = word_.load(std::memory_order_acquire);
        return (word & ~low_mask) == tagged(generation, 0) && (word & low_mask) != closed_mark;
    }

    /// Whether no turn is going to take signals out: the owner is blocked, or the inbox is closed.
    bool is_at_rest() const noexcept {
        // Dekker, see try_block().
        const std::uint64_t low = word_.load(std::memory_order_seq_cst) & low_mask;
        return low == blocked_mark || low == closed_mark;
    }

    /// All signals, oldest first; null if there are none.
    signal* take_all(std::uint32_t generation) noexcept {
        if (!has_signals()) {
            return nullptr;
        }
        // Acquire: pairs with the release in push().
        const std::uint64_t word =
            word_.exchange(tagged(generation, empty_mark), std::memory_order_acquire);
        return oldest_first(
            reinterpret_cast<signal*>(word & low_mask));  // only the owner takes out
    }

    /// False, without effect, if a signal has come meanwhile. After true the owner may run on
    /// another thread at once.
    bool try_block(std::uint32_t generation) noexcept {
        std::uint64_t expected = tagged(generation, empty_mark);
        // Release: pairs with the acquire in push() of the sender that wakes the owner.
        // Sequentially consistent (Dekker): another thread publishes something and then calls
        // is_at_rest(); the owner blocks and then looks for the publication. At least one of the
        // two sees the other.
        return word_.compare_exchange_strong(expected, tagged(generation, blocked_mark),
                                             std::memory_order_seq_cst, std::memory_order_relaxed);
    }

    /// Refuses further signals and returns the remaining ones, oldest first.
    signal* close() noexcept {
        // Sequentially consistent (Dekker): as in try_block(). Pairs with the release in push().
        return in_order(word_.exchange(closed_mark, std::memory_order_seq_cst));
    }

  private:
    static constexpr std::uint64_t empty_mark = 0;
    static constexpr std::uint64_t blocked_mark = 1;
    static constexpr std::uint64_t closed_mark = 2;
    static constexpr std::uint64_t low_mask = (std::uint64_t{1} << 48) - 1;
    static constexpr std::uint32_t tag_mask = 0xFFFF;

    static std::uint64_t tagged(std::uint32_t generation, std::uint64_t low) noexcept {
        return (std::uint64_t{generation & tag_mask} << 48) | low;
    }

    static signal* in_order(std::uint64_t word) noexcept {
        const std::uint64_t low = word & low_mask;
        return low > closed_mark ? oldest_first(reinterpret_cast<signal*>(low)) : nullptr;
    }

    std::atomic<std::uint64_t> word_{closed_mark};
};

}  // namespace coppice::mailbox
