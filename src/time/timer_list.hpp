// SPDX-License-Identifier: Apache-2.0
// Timers in the order of insertion.

#pragma once

#include <cstdint>

#include "coppice/detail/contract.hpp"
#include "time/timer_action.hpp"

namespace coppice::time {

/// Trivial, so that a wheel need not initialise unused slots. Empty after `= {}`.
struct timer_list {
    timer_node* first;
    timer_node* last;
    /// The highest set bit is the highest bit in which two deadlines differ, or have
    /// differed. Comparing neighbours suffices.
    std::uint64_t difference;

    static std::uint64_t bits_of(nanoseconds when) noexcept {
        return static_cast<std::uint64_t>(when.count());
    }

    bool empty() const noexcept { return first == nullptr; }

    void append(timer_node& added) noexcept {
        added.next = nullptr;
        added.previous = last;
        if (last == nullptr) {
            first = &added;
            difference = 0;
        } else {
            last->next = &added;
            difference |= bits_of(last->deadline) ^ bits_of(added.deadline);
        }
        last = &added;
    }

    void remove(const timer_node& removed) noexcept {
        (removed.previous == nullptr ? first : removed.previous->next) = removed.next;
        (removed.next == nullptr ? last : removed.next->previous) = removed.previous;
    }

    bool longer_than(int count) const noexcept {
        const timer_node* each = first;
        for (; each != nullptr && count > 0; --count) {
            each = each->next;
        }
        return each != nullptr;
    }

    /// The first timer with the earliest deadline. Precondition: not empty.
    timer_node* earliest() const noexcept {
        COPPICE_EXPECTS(!empty(), "ask empty() before the earliest timer");
        timer_node* best = first;
        for (timer_node* each = first->next; each != nullptr; each = each->next) {
            if (each->deadline < best->deadline) {
                best = each;
            }
        }
        return best;
    }
};

}  // namespace coppice::time
