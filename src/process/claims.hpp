// SPDX-License-Identifier: Apache-2.0
// Names and timers of a process, which its end takes back, and whether the end has begun. Any thread may give
// a name or set a timer while the process ends on another thread. Dekker's algorithm decides:
//
//     the other thread                         the end
//     marks the process                        sets `dying`
//     gives the name, or sets the timer        reads the marks
//     reads `dying`; takes the name or the     takes names and timers back, if marked
//     timer back, if set
//
// All of these operations are sequentially consistent, so at least one side takes back.
//
// Threads    mark_named, mark_timed, timer_shard, may_be_named, is_dying: any. begin_dying: the thread that has custody of
//            the process. begin_anew: the spawner.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace coppice::process_layer {

class claims {
  public:
    void mark_named() noexcept {
        if (!may_be_named()) {                                  // a read is cheaper than a write
            marks_.fetch_or(named, std::memory_order_seq_cst);  // Dekker with begin_dying()
        }
    }
    /// The shard of all timers of this life: one shard, so that timers fire in order. The thread that sets
    /// the first timer chooses its own shard, number `mine`.
    unsigned mark_timed(unsigned mine) noexcept {
        const auto own = static_cast<std::uint8_t>(1 + mine % timers);
        std::uint8_t marks = marks_.load(std::memory_order_seq_cst);  // Dekker with begin_dying()
        while ((marks & timers) == 0) {
            const auto both = static_cast<std::uint8_t>(marks | own);
            // Dekker with begin_dying().
            if (marks_.compare_exchange_weak(marks, both, std::memory_order_seq_cst)) {
                return own - 1U;
            }
        }
        return (marks & timers) - 1U;
    }
    bool is_dying() const noexcept {
        return dying_.load(std::memory_order_seq_cst);  // Dekker with begin_dying()
    }

    /// The caller reads the marks next.
    void begin_dying() noexcept {
        // Dekker with mark_named() and mark_timed().
        dying_.store(true, std::memory_order_seq_cst);
    }
    bool may_be_named() const noexcept {
        return (marks_.load(std::memory_order_seq_cst) & named) != 0;  // Dekker with mark_named()
    }
    /// Nothing if no timer was set.
    std::optional<unsigned> timer_shard() const noexcept {
        // Dekker with mark_timed().
        const unsigned shard = marks_.load(std::memory_order_seq_cst) & timers;
        return shard == 0 ? std::nullopt : std::optional{shard - 1U};
    }

    void begin_anew() noexcept {
        dying_.store(false, std::memory_order_relaxed);
        marks_.store(0, std::memory_order_relaxed);
    }

  private:
    static constexpr std::uint8_t named = 0x80;
    static constexpr std::uint8_t timers = 0x7F;  ///< The shard's number plus 1; 0: no timer.

    std::atomic<std::uint8_t> marks_{0};
    std::atomic<bool> dying_{false};
};

}  // namespace coppice::process_layer
