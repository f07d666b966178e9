// SPDX-License-Identifier: Apache-2.0
// Timers in the order in which they were appended.

#pragma once

#include <cstdint>

#include "time/timer_action.hpp"

namespace coppice::time {

/// Trivial, so that a wheel need not touch the slots that it does not use. Empty after `= {}`.
struct timer_list {
    timer_node* first;
    timer_node* last;
    /// Its highest bit is the highest in which two deadlines differ, or have differed: neighbours
    /// are enough to know it.
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

    /// The first of those with the earliest deadline. Precondition: not empty.
    timer_node* earliest() const noexcept {
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
