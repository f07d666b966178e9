// SPDX-License-Identifier: Apache-2.0
// Timers in the order in which they are due; two due at once in the order in which they were added.
//
// A tree of wheels in which nothing turns and nothing is sorted before it is needed: a timer goes
// into the list of the slot that its deadline is in, and a list is cut finer when it is the
// earliest, too long to be looked through, and somebody asks who is first. A timer that is cancelled
// far ahead of its time has never been moved. A wheel is as fine as the timers allow that were in it
// first, so there are few on the way to a timer.
//
// Invariants
//   1. Timers of one deadline are in one list, in the order in which they were added.
//   2. No wheel is empty. The timers that came before the first wheel are in `few_`, and those that
//      would have needed a wheel when there was no memory for one.
//   3. `bound()` is the deadline of the first timer, or earlier if `settled()` is false.
//
// Threads    One at a time.
// Cost       O(1) to add and to remove: at most 11 wheels have to be passed, and mostly one or two.
//            Until it is the first a timer is moved at most 11 times.

#pragma once

#include "time/timer_list.hpp"
#include "time/wheel.hpp"

namespace coppice::time {

class agenda {
  public:
    agenda() = default;
    agenda(const agenda&) = delete;
    agenda& operator=(const agenda&) = delete;
    /// Precondition: empty.
    ~agenda() = default;

    /// Precondition: the deadline is not negative.
    void add(timer_node& added) noexcept;
    void remove(timer_node& removed) noexcept;

    bool empty() const noexcept { return root_ == nullptr && few_.empty(); }
    /// Null if there is none.
    timer_node* first() noexcept;
    /// No timer is due before.
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
    wheel* spread(timer_list& crowd, wheel* home) noexcept;

    wheel* root_ = nullptr;
    timer_list few_{};
    timer_node* first_ = nullptr;
    nanoseconds bound_ = never;
};

}  // namespace coppice::time
