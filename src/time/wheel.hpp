// SPDX-License-Identifier: Apache-2.0
// A span of time, cut into 64 slots. A slot holds a list of timers or a finer wheel.
//
// Invariants
//   1. The span is 64 slots long and begins at a multiple of the length; a slot is 64^n ns long.
//   2. A slot that is not `filled` has no contents, and a `nested` slot is filled.

#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "coppice/detail/contract.hpp"
#include "time/timer_list.hpp"

namespace coppice::time {

class wheel {
  public:
    static constexpr unsigned digit_bits = 6;
    static constexpr std::uint64_t slot_count = std::uint64_t{1} << digit_bits;

    /// The finest wheel that spans `when` and all times that differ from `when` in no bit above the
    /// highest bit of `difference`.
    wheel(nanoseconds when, std::uint64_t difference, wheel* coarser) noexcept
        : shift_{shift_of(difference)},
          start_{timer_list::bits_of(when) & ~((slot_count << shift_) - 1)},
          coarser_{coarser} {}

    std::uint64_t difference(nanoseconds when) const noexcept {
        return timer_list::bits_of(when) ^ start_;
    }
    nanoseconds start() const noexcept { return nanoseconds{start_}; }
    bool spans(nanoseconds when) const noexcept { return slot_of(when) < slot_count; }
    std::uint64_t slot_of(nanoseconds when) const noexcept { return difference(when) >> shift_; }

    wheel* coarser() const noexcept { return coarser_; }
    void put_into(wheel* coarser) noexcept { coarser_ = coarser; }

    bool empty() const noexcept { return filled_ == 0; }
    /// Precondition: not empty.
    std::uint64_t first_slot() const noexcept {
        COPPICE_EXPECTS(!empty(), "ask empty() before the first slot");
        return static_cast<std::uint64_t>(std::countr_zero(filled_));
    }

    /// The finer wheel in the slot; null if there is none.
    wheel* finer(std::uint64_t slot) const noexcept {
        return (nested_ >> slot & 1U) != 0 ? slots_[slot].finer : nullptr;
    }
    void nest(wheel& finer) noexcept {
        const std::uint64_t slot = slot_of(finer.start());
        filled_ |= bit(slot);
        nested_ |= bit(slot);
        slots_[slot].finer = &finer;
    }
    void clear(std::uint64_t slot) noexcept {
        filled_ &= ~bit(slot);
        nested_ &= ~bit(slot);
    }

    /// Precondition: the slot is filled with a list.
    timer_list& timers(std::uint64_t slot) noexcept {
        COPPICE_EXPECTS((filled_ & ~nested_ & bit(slot)) != 0,
                        "ask finer() before the list of a slot");
        return slots_[slot].timers;
    }

    /// Precondition: the slot holds no finer wheel.
    void append(timer_node& added) noexcept {
        const std::uint64_t slot = slot_of(added.deadline);
        COPPICE_EXPECTS(spans(added.deadline) && (nested_ & bit(slot)) == 0,
                        "append the timer to the finer wheel of its slot");
        if ((filled_ & bit(slot)) == 0) {
            filled_ |= bit(slot);
            slots_[slot].timers = {};
        }
        added.home = this;
        slots_[slot].timers.append(added);
    }

    void remove(const timer_node& removed) noexcept {
        const std::uint64_t slot = slot_of(removed.deadline);
        slots_[slot].timers.remove(removed);
        if (slots_[slot].timers.empty()) {
            clear(slot);
        }
    }

  private:
    union contents {
        timer_list timers;
        wheel* finer;
    };

    static std::uint64_t bit(std::uint64_t slot) noexcept { return std::uint64_t{1} << slot; }
    static unsigned shift_of(std::uint64_t difference) noexcept {
        const auto highest = static_cast<unsigned>(std::bit_width(difference | 1U)) - 1;
        return highest / digit_bits * digit_bits;
    }

    const unsigned shift_;
    const std::uint64_t start_;
    wheel* coarser_;
    std::uint64_t filled_ = 0;
    std::uint64_t nested_ = 0;
    std::array<contents, slot_count> slots_;
};

}  // namespace coppice::time
