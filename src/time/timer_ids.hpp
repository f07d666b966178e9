// SPDX-License-Identifier: Apache-2.0
// Finds a timer by id. The id of an ended timer finds nothing, even when the slot is in use
// again: a slot that has given out all generations is retired. That costs an entry of 16 bytes
// for 16 million timers.
//
// Threads    One at a time.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "coppice/detail/contract.hpp"
#include "time/timer_action.hpp"

namespace coppice::time {

class timer_ids {
  public:
    /// `first_generation` is the generation of the first timer of each slot.
    explicit timer_ids(std::uint32_t first_generation = 1) noexcept
        : first_generation_{first_generation} {}

    /// Makes sure that the next `give` finds a free slot.
    void make_room() {
        if (free_ == none) {
            add_slot();
        }
    }
    /// Precondition: there is a free slot.
    void give(timer_node& timer) noexcept {
        COPPICE_EXPECTS(free_ != none, "call make_room() before an id is given");
        entry& given = at(free_);
        timer.id = {free_, given.generation};
        given.timer = &timer;
        free_ = given.next_free;
        ++armed_;
    }
    void take_back(timer_id id) noexcept {
        entry& taken = at(id.slot);
        taken.timer = nullptr;
        --armed_;
        if (id.generation == timer_id::generation_mask) {
            return;
        }
        taken.generation = id.generation + 1;
        taken.next_free = free_;
        free_ = id.slot;
    }
    /// Null if the timer has ended.
    timer_node* find(timer_id id) const noexcept {
        if (id.slot >= made_) {
            return nullptr;
        }
        const entry& found = at(id.slot);
        return found.generation == id.generation ? found.timer : nullptr;
    }
    /// Number of timers.
    std::size_t armed() const noexcept { return armed_; }
    /// As `for_each`, but only for the slots from `from` up to, but not including, `to`.
    template <class Visit>
    void for_each_between(std::uint32_t from, std::uint32_t to, Visit visit) const {
        for (std::uint32_t slot = from; slot < std::min(to, made_); ++slot) {
            if (const timer_node* timer = at(slot).timer) {
                visit(*timer);
            }
        }
    }
    /// Number of slots, free and retired slots included.
    std::size_t slots() const noexcept { return made_; }
    /// Calls `visit` with every timer; `visit` may take back the id of the timer.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::uint32_t slot = 0; slot < made_; ++slot) {
            if (timer_node* timer = at(slot).timer) {
                visit(*timer);
            }
        }
    }

  private:
    static constexpr std::uint32_t none = UINT32_MAX;
    static constexpr std::uint32_t chunk_size = 256;

    struct entry {
        timer_node* timer = nullptr;
        std::uint32_t generation = 0;
        std::uint32_t next_free = none;
    };
    using chunk = std::array<entry, chunk_size>;

    entry& at(std::uint32_t slot) const noexcept {
        return (*chunks_[slot / chunk_size])[slot % chunk_size];
    }
    void add_slot() {
        if (made_ % chunk_size == 0) {
            chunks_.push_back(std::make_unique<chunk>());
        }
        free_ = made_++;
        at(free_).generation = first_generation_;
    }

    const std::uint32_t first_generation_;
    std::vector<std::unique_ptr<chunk>> chunks_;  // grows without moving a million slots
    std::uint32_t made_ = 0;
    std::uint32_t armed_ = 0;
    std::uint32_t free_ = none;
};

}  // namespace coppice::time
