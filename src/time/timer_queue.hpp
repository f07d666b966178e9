// SPDX-License-Identifier: Apache-2.0
// The timers of one scheduler thread, in the order of deadlines; timers with the same deadline in
// the order of addition.
//
// Setting a timer needs the present time, and reading the clock costs as much as all the rest. So a
// timer may also be set undated: the duration begins when a thread next calls the queue with the
// present time, to date the undated timers. Most waits are over before then. The undated timer of a wait is a
// `wait_timer`, which becomes a timer with an action when its duration begins.
//
// A queue may round deadlines up to a grain. Timers that are due at almost the same moment then
// share a list, and need not be sorted one by one when all of the timers are due.
//
// One thread at a time fires a queue, from taking a timer out to the end of the action. So the
// actions of one queue run in the order of deadlines, whichever threads fire the queue.
//
// Invariants
//   1. `next_due()` is the earliest deadline, or `never`; zero while there are undated timers, so
//      that a thread comes to date the timers.
//   2. `due_` holds the value of `next_due()` if `exact`, and the same or an earlier time otherwise:
//      when the first timer or an undated timer is removed, the search for the next timer is left to
//      the next caller of `next_due()`.
//   3. An armed timer with an owner is in the list of the owner.
//
// Threads    Any thread may call any member; one lock guards all members. `next_due` takes the lock
//            only after the first timer was removed. Timers fire under a second lock that no
//            thread waits for. User objects in timers are destroyed under neither lock.
// Cost       O(1) to set and to cancel. The caller that sets the 64th undated timer dates them all.

#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/spin_lock.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/wait_timer.hpp"
#include "time/agenda.hpp"
#include "time/owner_lists.hpp"
#include "time/timer_action.hpp"
#include "time/timer_ids.hpp"

namespace coppice::time {

using detail::wait_timer;

/// The deadline `after` from `now`, at most `never` - 1, since `never` is no deadline. A deadline
/// in the past becomes `now`, so that the time left until a deadline can always be computed.
constexpr nanoseconds deadline_after(nanoseconds now, nanoseconds after) noexcept {
    if (after <= nanoseconds::zero()) {
        return now;
    }
    return after < never - now ? now + after : never - nanoseconds{1};
}

/// Destroys actions that no queue holds any more. The actions may hold user objects.
void destroy(timer_list& dead) noexcept;

class timer_queue {
  public:
    using action_ptr = time::action_ptr;

    timer_queue() = default;
    /// Precondition: the grain is a power of two.
    explicit timer_queue(nanoseconds grain) noexcept : grain_{grain} {
        COPPICE_EXPECTS(std::has_single_bit(static_cast<std::uint64_t>(grain.count())),
                        "give a grain that is a power of two");
    }
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;
    ~timer_queue();

    struct armed {
        timer_id id;
        bool sooner;        ///< A thread asleep until `next_due` has to wake up earlier.
        bool many = false;  ///< So many timers are undated that `begin_undated` is advisable.
    };

    /// Arms a timer. `owner` 0 means no owner; `cancel_all_of(owner)` cancels all
    /// timers of an owner.
    armed add(nanoseconds deadline, std::uint64_t owner, action_ptr action);
    /// Arms an undated timer: the duration begins at the next `begin_undated` or `fire_due`.
    /// Precondition: `after` is positive.
    armed add_undated(nanoseconds after, std::uint64_t owner, action_ptr action);
    /// Makes the action of a wait's timer, on any thread and under the lock. Throws std::bad_alloc.
    using maker = action_ptr (*)(const wait_timer& wait);
    /// Arms the timer of a wait. Throws std::bad_alloc, and then nothing has changed.
    armed add(nanoseconds deadline, wait_timer& wait, maker make);
    /// The same, undated. Without memory at the next `begin_undated` or `fire_due`, the duration begins later:
    /// `next_due()` stays zero, so the threads of the scheduler try again.
    /// Precondition: `after` is positive, and `make` is the same for all waits of the queue. A virtual function
    /// of the wait would not do: a thread may call it while the destructors of the wait run.
    [[gnu::always_inline]] armed add_undated(nanoseconds after, wait_timer& wait,
                                             maker make) noexcept {
        COPPICE_EXPECTS(after > nanoseconds::zero(), "give a duration that is positive");
        const std::scoped_lock lock{lock_};
        make_ = make;
        wait.queue = this;
        wait.word = static_cast<std::uint64_t>(after.count());
        wait.next = nullptr;
        wait.link = std::exchange(behind_waits_, &wait.next);
        *wait.link = &wait;
        const bool many = ++undated_waits_ >= undated_max;
        const bool first = due_.load(std::memory_order_relaxed).bound() != nanoseconds::zero();
        return {{}, first && publish(), many};
    }
    void begin_undated(nanoseconds now) noexcept;
    /// Returns the deadline of the cancelled timer, or nothing if the timer had fired or was
    /// cancelled before. The deadline of an undated timer is negative: minus the duration.
    std::optional<nanoseconds> cancel(timer_id id) noexcept;
    /// Precondition: the timer was armed in this queue.
    void cancel(wait_timer& wait) noexcept;
    /// As for `cancel`: nothing, or negative for an undated timer.
    std::optional<nanoseconds> deadline_of(timer_id id) const;
    void cancel_all_of(std::uint64_t owner) noexcept;

    /// Sizes of the tables of a queue: live owners that have had timers, and
    /// slots for simultaneous timers.
    struct footprint {
        std::size_t owners;
        std::size_t slots;
    };
    footprint kept() const noexcept {
        const std::scoped_lock lock{lock_};
        return {owners_.size(), ids_.slots()};
    }

    std::size_t armed_count() const noexcept {
        const std::scoped_lock lock{lock_};
        return ids_.armed() + undated_waits_;
    }
    /// Calls `seen` with each timer that has an action, under the lock; the lock is released after each 1,024 slots.
    template <class Seen>
    void for_each(Seen seen) const {
        constexpr std::uint32_t at_once = 1024;
        for (std::uint32_t from = 0; from < kept().slots; from += at_once) {
            const std::scoped_lock lock{lock_};
            ids_.for_each_between(from, from + at_once, [&](const timer_node& timer) {
                seen(static_cast<const timer_action&>(timer));
            });
        }
    }

    nanoseconds next_due() const noexcept;
    /// No timer is due before this time. Equals `next_due`, or is earlier if `next_due`
    /// would have to search.
    nanoseconds due_not_before() const noexcept {
        // Acquire: pairs with the release in publish().
        return due_.load(std::memory_order_acquire).bound();
    }
    /// Fires up to `at_most` of the timers that are due at `now`, and returns the number
    /// of fired timers. Fires none while another thread fires: the other thread goes on
    /// to the last due timer.
    unsigned fire_due(nanoseconds now, unsigned at_most) noexcept;
    /// As above, but appends the actions that still hold undelivered objects to `undelivered`, for
    /// the caller to destroy. `dates`: whether the durations of undated timers begin. If not, a later call has to
    /// begin them.
    unsigned fire_due(nanoseconds now, unsigned at_most, timer_list& undelivered,
                      bool dates = true) noexcept;

  private:
    /// Few enough for the dating thread, perhaps on another core, to be done soon.
    static constexpr unsigned undated_max = 64;

    /// Knowledge of the earliest deadline, in one word, so that reading needs no lock.
    struct due {
        std::uint64_t word;
        constexpr due(nanoseconds bound, bool exact) noexcept
            : word{static_cast<std::uint64_t>(bound.count()) << 1U | (exact ? 1U : 0U)} {}
        nanoseconds bound() const noexcept { return nanoseconds{word >> 1U}; }
        bool exact() const noexcept { return (word & 1U) != 0; }
    };

    nanoseconds rounded_up(nanoseconds deadline) const noexcept;
    armed admit(timer_action* added) noexcept;
    /// Takes out the next timer due at or before `now`; null if there is none.
    action_ptr take_due(nanoseconds now) noexcept;
    unsigned fire_in_order(nanoseconds now, unsigned at_most, timer_list& kept,
                           bool dates) noexcept;
    action_ptr release(timer_node& timer) noexcept;
    action_ptr take_out(timer_id id) noexcept;
    void leave(wait_timer& wait) noexcept;
    bool begin(wait_timer& wait, nanoseconds now) noexcept;
    timer_list release_all_of(std::uint64_t owner) noexcept;
    void date_all(nanoseconds now) noexcept;
    /// Publishes the earliest deadline in `due_`. True if the deadline is earlier
    /// than the one before.
    bool publish() const noexcept;

    const nanoseconds grain_{1};
    mutable base::spin_lock lock_;
    base::spin_lock firing_;
    /// Mutable: finding the first timer reorganises the agenda, without visible effect.
    mutable agenda agenda_;
    timer_list undated_{};
    unsigned undated_count_ = 0;
    maker make_ = nullptr;
    wait_timer* first_wait_ = nullptr;
    wait_timer** behind_waits_ = &first_wait_;  ///< The pointer to the next undated wait.
    unsigned undated_waits_ = 0;
    timer_ids ids_;
    owner_lists owners_;
    mutable std::atomic<due> due_{due{never, true}};
};

}  // namespace coppice::time
