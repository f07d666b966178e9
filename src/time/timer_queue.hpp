// SPDX-License-Identifier: Apache-2.0
// Timers in the order in which they are due; two due at once in the order in which they were set.
//
// Invariants
//   1. `heap_[slots_[s].heap_index] == s` for every armed slot s.
//   2. `next_due()` is the earliest deadline, or `never`, as of the last change.
//   3. An armed slot with an owner is in that owner's list, and in no other.
//
// Threads    All members, guarded by one mutex; `next_due` is lock-free. Timers never fire under
//            the lock.
// Cost       O(log n) to add and to cancel.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace coppice::time {

using std::chrono::nanoseconds;

inline constexpr nanoseconds never = nanoseconds::max();

struct timer_id {
    static constexpr std::uint32_t generation_mask =
        0xFFFFFF;  ///< So that an id packs into 56 bits.
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
};

/// What happens when a timer is due.
class timer_action {
  public:
    timer_action() = default;
    timer_action(const timer_action&) = delete;
    timer_action& operator=(const timer_action&) = delete;
    virtual ~timer_action() = default;
    /// Called once, before it can fire, under the queue's lock.
    virtual void armed_as(timer_id) noexcept {}
    virtual void fire() noexcept = 0;
};

class timer_queue {
  public:
    using action_ptr = std::unique_ptr<timer_action>;

    /// `owner` 0 means none: only a timer with an owner goes when `cancel_all_of(owner)` is called.
    timer_id add(nanoseconds deadline, std::uint64_t owner, action_ptr action);
    /// The deadline of the timer that was cancelled, or nothing if it had fired or was cancelled
    /// before.
    std::optional<nanoseconds> cancel(timer_id id);
    std::optional<nanoseconds> deadline_of(timer_id id) const;
    void cancel_all_of(std::uint64_t owner);

    nanoseconds next_due() const noexcept { return next_due_.load(std::memory_order_acquire); }
    /// The next timer due at or before `now`, taken out; null if there is none.
    action_ptr take_due(nanoseconds now);

  private:
    static constexpr std::uint32_t none = UINT32_MAX;

    struct slot {
        nanoseconds deadline{0};
        std::uint64_t sequence = 0;
        std::uint64_t owner = 0;
        action_ptr action;
        std::uint32_t heap_index = none;
        std::uint32_t generation = 1;
        std::uint32_t owner_next = none;
        std::uint32_t owner_previous = none;
    };

    bool armed(timer_id id) const noexcept;
    bool before(std::uint32_t left, std::uint32_t right) const noexcept;
    void place(std::uint32_t heap_index, std::uint32_t slot_index) noexcept;
    void sift_up(std::uint32_t heap_index) noexcept;
    void sift_down(std::uint32_t heap_index) noexcept;
    std::uint32_t free_slot();
    action_ptr take(std::uint32_t slot_index);
    void join_owner(std::uint32_t slot_index);
    void leave_owner(std::uint32_t slot_index);
    void publish_next_due() noexcept;

    mutable std::mutex mutex_;
    std::vector<slot> slots_;
    std::vector<std::uint32_t> heap_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<std::uint64_t, std::uint32_t> owners_;
    std::uint64_t next_sequence_ = 0;
    std::atomic<nanoseconds> next_due_{never};
};

}  // namespace coppice::time
