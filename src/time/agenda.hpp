// SPDX-License-Identifier: Apache-2.0
// Timers in the order of deadlines; timers with the same deadline in the order of addition.
//
// Hierarchical timing wheels in a lazy form: no wheel turns, and no timer is sorted before the
// order is needed. A timer goes into the list of the slot for its deadline. A list is cut into a
// finer wheel only when the first timer is asked for and the list is both the earliest and too long
// for a linear search. A timer that is cancelled far ahead of its deadline has never been moved. A
// wheel is as fine as its first timers allow, so there are few wheels on the way to a timer.
//
// Invariants
//   1. Timers of one deadline are in one list, in the order of addition.
//   2. No wheel is empty. `few_` holds the timers added before the first wheel, and timers that
//      would have needed a wheel when there was no memory for one.
//   3. `bound()` is the deadline of the first timer, or earlier if `settled()` is false.
//
// Threads    One at a time.
// Cost       O(1) to add and to remove: a timer passes at most 11 wheels, mostly one or two. A
//            timer is moved at most 11 times before it is the first.

#pragma once

#include "coppice/detail/contract.hpp"
#include "time/timer_list.hpp"
#include "time/wheel.hpp"

namespace coppice::time {

class agenda {
  public:
    agenda() = default;
    agenda(const agenda&) = delete;
    agenda& operator=(const agenda&) = delete;
    /// Precondition: empty.
    ~agenda() { COPPICE_EXPECTS(empty(), "remove all timers before the agenda goes"); }

    /// Precondition: the deadline is not negative.
    void add(timer_node& added) noexcept;
    void remove(timer_node& removed) noexcept;

    bool empty() const noexcept { return root_ == nullptr && few_.empty(); }
    /// The first timer; null if there is none.
    timer_node* first() noexcept;
    /// No timer is due before this time.
    nanoseconds bound() const noexcept { return bound_; }
    bool settled() const noexcept { return first_ != nullptr || empty(); }

  private:
    void place(timer_node& added) noexcept;
    wheel* widen(wheel& narrow, nanoseconds deadline) noexcept;
    void dissolve(wheel* empty) noexcept;
    void put_into(wheel* coarser, wheel& finer) noexcept;
    timer_node* find_first() noexcept;
    timer_node* first_in_wheels() noexcept;
    wheel* earliest_wheel() const noexcept;
    wheel* spread(timer_list& timers, wheel* home) noexcept;

    wheel* root_ = nullptr;
    timer_list few_{};
    timer_node* first_ = nullptr;
    nanoseconds bound_ = never;
};

}  // namespace coppice::time
