// SPDX-License-Identifier: Apache-2.0
// The timers of one worker, in the order in which they are due; two due at once in the order in
// which they were set.
//
// Setting a timer needs the time, and to read the clock takes as long as all the rest. So a timer
// may also be set undated: its time begins when somebody comes with the time anyway, to ask what is
// due. Most waits are over before that.
//
// A queue may be told to round deadlines up to a grain. Then timers that are due at almost the same
// moment share a list, and need not be sorted one by one when all of them are due.
//
// One thread at a time fires a queue, from taking a timer out to the end of its action. So what the
// timers of one queue do is done in the order in which they were due, whichever threads fire them.
//
// Invariants
//   1. `next_due()` is the earliest deadline, or `never`; zero, so that somebody comes, while there
//      are undated timers.
//   2. `due_` holds the same if it is `exact`, and else something earlier: when the first timer is
//      cancelled, the search for the next is left to whoever asks.
//   3. An armed timer with an owner is in that owner's list.
//
// Threads    All members, guarded by one lock; `next_due` takes it only after the first timer was
//            cancelled. Timers fire under a second lock that nobody waits for, and what users put
//            into them is destroyed under neither.
// Cost       O(1) to set and to cancel.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/spin_lock.hpp"
#include "time/agenda.hpp"
#include "time/owner_lists.hpp"
#include "time/timer_action.hpp"
#include "time/timer_ids.hpp"

namespace coppice::time {

/// `never` is no deadline: a timer has one, however far. One in the past is now, so that what is left until
/// a deadline can always be counted.
constexpr nanoseconds deadline_after(nanoseconds now, nanoseconds after) noexcept {
    if (after <= nanoseconds::zero()) {
        return now;
    }
    return after < never - now ? now + after : never - nanoseconds{1};
}

/// Actions that no queue has any more. They may hold what is the user's.
void destroy(timer_list& dead) noexcept;

class timer_queue {
  public:
    using action_ptr = time::action_ptr;

    timer_queue() = default;
    /// Precondition: the grain is a power of two.
    explicit timer_queue(nanoseconds grain) noexcept : grain_{grain} {}
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;
    ~timer_queue();

    struct armed {
        timer_id id;
        bool sooner;        ///< Whoever sleeps until `next_due` has to get up earlier.
        bool many = false;  ///< Undated ones: so many that their time should begin.
    };

    /// `owner` 0 means none: only a timer with an owner goes when `cancel_all_of(owner)` is called.
    armed add(nanoseconds deadline, std::uint64_t owner, action_ptr action);
    /// Its time begins at the next `begin_undated` or `fire_due`. Precondition: `after` is positive.
    armed add_undated(nanoseconds after, std::uint64_t owner, action_ptr action);
    void begin_undated(nanoseconds now) noexcept;
    /// The deadline of the timer that was cancelled, or nothing if it had fired or was cancelled
    /// before. An undated timer's is negative: less the time that it was to take.
    std::optional<nanoseconds> cancel(timer_id id) noexcept;
    /// Likewise.
    std::optional<nanoseconds> deadline_of(timer_id id) const;
    void cancel_all_of(std::uint64_t owner) noexcept;

    /// What a queue keeps: owners that have had timers and live, and slots for timers at once.
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
        return ids_.armed();
    }
    /// Calls `seen` with each timer, under the lock; that is given up after each 1,024 places for one.
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
    /// No timer is due before: `next_due`, or earlier if that would have to search.
    nanoseconds due_not_before() const noexcept {
        return due_.load(std::memory_order_acquire).bound();  // pairs with the release in publish()
    }
    /// Fires up to `at_most` of the timers that are due at `now`, and answers how many. None while
    /// another thread fires: that one goes on to the last that is due.
    unsigned fire_due(nanoseconds now, unsigned at_most) noexcept;
    /// Likewise, but appends the actions that hold what nobody took, for the caller to destroy.
    unsigned fire_due(nanoseconds now, unsigned at_most, timer_list& undelivered) noexcept;

  private:
    /// What is known of the earliest deadline: in one word, so that it is read without the lock.
    struct due {
        std::uint64_t word;
        constexpr due(nanoseconds bound, bool exact) noexcept
            : word{static_cast<std::uint64_t>(bound.count()) << 1U | (exact ? 1U : 0U)} {}
        nanoseconds bound() const noexcept { return nanoseconds{word >> 1U}; }
        bool exact() const noexcept { return (word & 1U) != 0; }
    };

    nanoseconds rounded_up(nanoseconds deadline) const noexcept;
    armed admit(timer_action* added) noexcept;
    /// The next timer due at or before `now`, taken out; null if there is none.
    action_ptr take_due(nanoseconds now) noexcept;
    unsigned fire_in_order(nanoseconds now, unsigned at_most, timer_list& kept) noexcept;
    action_ptr release(timer_node& timer) noexcept;
    timer_list release_all_of(std::uint64_t owner) noexcept;
    void date_all(nanoseconds now) noexcept;
    /// Whether that is earlier than what was published before.
    bool publish() const noexcept;

    const nanoseconds grain_{1};
    mutable base::spin_lock lock_;
    base::spin_lock firing_;
    mutable agenda agenda_;  ///< Finding its first timer changes it, for nobody to see.
    timer_list undated_{};
    unsigned undated_count_ = 0;
    timer_ids ids_;
    owner_lists owners_;
    mutable std::atomic<due> due_{due{never, true}};
};

}  // namespace coppice::time
