// SPDX-License-Identifier: Apache-2.0

#include "time/timer_queue.hpp"

#include <utility>

namespace coppice::time {
namespace {

constexpr std::uint32_t arity = 4;  // shallower than a binary heap, and four children share a line

}  // namespace

timer_id timer_queue::add(nanoseconds deadline, std::uint64_t owner, action_ptr action) {
    const std::scoped_lock lock{mutex_};
    const std::uint32_t index = free_slot();
    slot& added = slots_[index];
    added.deadline = deadline;
    added.sequence = next_sequence_++;
    added.owner = owner;
    added.action = std::move(action);
    added.action->armed_as({index, added.generation});
    if (owner != 0) {
        join_owner(index);
    }
    heap_.push_back(index);
    place(static_cast<std::uint32_t>(heap_.size() - 1), index);
    sift_up(added.heap_index);
    publish_next_due();
    return {index, added.generation};
}

std::optional<nanoseconds> timer_queue::cancel(timer_id id) {
    action_ptr dead;  // destroyed after the lock is gone: it may hold a user's message
    const std::scoped_lock lock{mutex_};
    if (!armed(id)) {
        return std::nullopt;
    }
    const nanoseconds deadline = slots_[id.slot].deadline;
    dead = take(id.slot);
    return deadline;
}

std::optional<nanoseconds> timer_queue::deadline_of(timer_id id) const {
    const std::scoped_lock lock{mutex_};
    return armed(id) ? std::optional{slots_[id.slot].deadline} : std::nullopt;
}

void timer_queue::cancel_all_of(std::uint64_t owner) {
    std::vector<action_ptr> dead;
    const std::scoped_lock lock{mutex_};
    for (auto list = owners_.find(owner); list != owners_.end(); list = owners_.find(owner)) {
        dead.push_back(take(list->second));
    }
}

timer_queue::action_ptr timer_queue::take_due(nanoseconds now) {
    if (next_due() > now) {
        return nullptr;
    }
    const std::scoped_lock lock{mutex_};
    if (heap_.empty() || slots_[heap_.front()].deadline > now) {
        return nullptr;
    }
    return take(heap_.front());
}

bool timer_queue::armed(timer_id id) const noexcept {
    return id.slot < slots_.size() && slots_[id.slot].generation == id.generation &&
           slots_[id.slot].heap_index != none;
}

bool timer_queue::before(std::uint32_t left, std::uint32_t right) const noexcept {
    const slot& l = slots_[left];
    const slot& r = slots_[right];
    return l.deadline != r.deadline ? l.deadline < r.deadline : l.sequence < r.sequence;
}

void timer_queue::place(std::uint32_t heap_index, std::uint32_t slot_index) noexcept {
    heap_[heap_index] = slot_index;
    slots_[slot_index].heap_index = heap_index;
}

void timer_queue::sift_up(std::uint32_t heap_index) noexcept {
    const std::uint32_t moving = heap_[heap_index];
    while (heap_index > 0) {
        const std::uint32_t parent = (heap_index - 1) / arity;
        if (!before(moving, heap_[parent])) {
            break;
        }
        place(heap_index, heap_[parent]);
        heap_index = parent;
    }
    place(heap_index, moving);
}

void timer_queue::sift_down(std::uint32_t heap_index) noexcept {
    const std::uint32_t moving = heap_[heap_index];
    const auto size = static_cast<std::uint32_t>(heap_.size());
    for (;;) {
        const std::uint32_t first = heap_index * arity + 1;
        if (first >= size) {
            break;
        }
        std::uint32_t best = first;
        for (std::uint32_t child = first + 1; child < first + arity && child < size; ++child) {
            if (before(heap_[child], heap_[best])) {
                best = child;
            }
        }
        if (!before(heap_[best], moving)) {
            break;
        }
        place(heap_index, heap_[best]);
        heap_index = best;
    }
    place(heap_index, moving);
}

std::uint32_t timer_queue::free_slot() {
    if (free_.empty()) {
        slots_.emplace_back();
        return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
}

timer_queue::action_ptr timer_queue::take(std::uint32_t slot_index) {
    slot& taken = slots_[slot_index];
    const std::uint32_t hole = taken.heap_index;
    const std::uint32_t last = heap_.back();
    heap_.pop_back();
    if (last != slot_index) {
        place(hole, last);
        sift_up(hole);
        sift_down(slots_[last].heap_index);
    }
    if (taken.owner != 0) {
        leave_owner(slot_index);
    }
    taken.heap_index = none;
    taken.generation = (taken.generation + 1) & timer_id::generation_mask;
    free_.push_back(slot_index);
    publish_next_due();
    return std::move(taken.action);
}

void timer_queue::join_owner(std::uint32_t slot_index) {
    slot& joining = slots_[slot_index];
    joining.owner_previous = none;
    joining.owner_next = none;
    const auto [list, is_first] = owners_.try_emplace(joining.owner, slot_index);
    if (!is_first) {
        joining.owner_next = list->second;
        slots_[list->second].owner_previous = slot_index;
        list->second = slot_index;
    }
}

void timer_queue::leave_owner(std::uint32_t slot_index) {
    const slot& leaving = slots_[slot_index];
    if (leaving.owner_next != none) {
        slots_[leaving.owner_next].owner_previous = leaving.owner_previous;
    }
    if (leaving.owner_previous != none) {
        slots_[leaving.owner_previous].owner_next = leaving.owner_next;
    } else if (leaving.owner_next != none) {
        owners_[leaving.owner] = leaving.owner_next;
    } else {
        owners_.erase(leaving.owner);
    }
}

void timer_queue::publish_next_due() noexcept {
    // Pairs with the acquire in next_due().
    next_due_.store(heap_.empty() ? never : slots_[heap_.front()].deadline,
                    std::memory_order_release);
}

}  // namespace coppice::time
