// SPDX-License-Identifier: Apache-2.0

#include "process/bounds.hpp"

#include <new>
#include <utility>

#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

void bounds::add(std::uint32_t slot, const mailbox_limit& chosen) {
    auto made = std::make_shared<bounded_mailbox>(chosen);
    shard& at = shards_[slot % shards];
    const platform::scoped_lock lock{at.mutex};
    at.bounds.insert_or_assign(slot, std::move(made));
}

bounded_mailbox_ref bounds::find(std::uint32_t slot) const noexcept {
    const shard& at = shards_[slot % shards];
    const platform::scoped_lock lock{at.mutex};
    const auto found = at.bounds.find(slot);
    return found == at.bounds.end() ? nullptr : found->second;
}

sched::runnable* bounds::remove(std::uint32_t slot) noexcept {
    bounded_mailbox_ref gone;
    {
        shard& at = shards_[slot % shards];
        const platform::scoped_lock lock{at.mutex};
        if (const auto found = at.bounds.find(slot); found != at.bounds.end()) {
            gone = std::move(found->second);
            at.bounds.erase(found);
        }
    }
    // A `wait` that still found the bound has the lock before, and is in the list now.
    return gone == nullptr ? nullptr : release(*gone, SIZE_MAX);
}

bool bounds::leave(std::uint32_t tired_slot, sched::runnable& tired) noexcept {
    const platform::scoped_lock lock{mutex_};
    const auto found = waits_.find(tired_slot);
    return found != waits_.end() && take_back(tired_slot, tired, *found->second.at);
}

sched::runnable* bounds::release(bounded_mailbox& with_room, std::size_t at_most) noexcept {
    const platform::scoped_lock lock{mutex_};
    return take(with_room, at_most);
}

bool bounds::begin_thread_wait(bounded_mailbox& full, std::uint64_t& seen) noexcept {
    const platform::scoped_lock lock{mutex_};
    seen = full.releases;
    if (may_wait_) {
        ++full.threads;
        // Dekker, see the head of the header.
        full.is_awaited.store(true, std::memory_order_seq_cst);
    }
    return may_wait_;
}

void bounds::thread_wait(const bounded_mailbox& full, std::uint64_t seen) noexcept {
    platform::unique_lock lock{mutex_};
    while (may_wait_ && full.releases == seen) {
        released_.wait(lock.native());
    }
}

void bounds::let_threads_wait(bool may) noexcept {
    const platform::scoped_lock lock{mutex_};
    may_wait_ = may;
    released_.notify_all();
}

bool bounds::append(std::uint32_t tired_slot, sched::runnable& tired, std::uint32_t receiver,
                    bounded_mailbox& full) noexcept {
    if (closes_ring(tired_slot, receiver)) {
        return false;
    }
    try {
        waits_.insert_or_assign(tired_slot, wait_of_process{receiver, &full});
    } catch (const std::bad_alloc&) {
        return false;
    }
    tired.next_runnable = nullptr;
    *full.end = &tired;
    full.end = &tired.next_runnable;
    // Dekker, see the head of the header.
    full.is_awaited.store(true, std::memory_order_seq_cst);
    return true;
}

/// The chain of waits from the receiver on ends, because no ring exists.
bool bounds::closes_ring(std::uint32_t tired_slot, std::uint32_t receiver) const noexcept {
    auto next = waits_.find(receiver);
    while (next != waits_.end() && next->second.receiver != tired_slot) {
        next = waits_.find(next->second.receiver);
    }
    return next != waits_.end();
}

bool bounds::take_back(std::uint32_t tired_slot, sched::runnable& tired,
                       bounded_mailbox& full) noexcept {
    for (sched::runnable** at = &full.first; *at != nullptr; at = &(*at)->next_runnable) {
        if (*at != &tired) {
            continue;
        }
        *at = tired.next_runnable;
        if (full.end == &tired.next_runnable) {
            full.end = at;
        }
        tired.next_runnable = nullptr;
        waits_.erase(tired_slot);
        if (full.first == nullptr && full.threads == 0) {
            // Dekker, see the head of the header.
            full.is_awaited.store(false, std::memory_order_seq_cst);
        }
        return true;
    }
    return false;
}

sched::runnable* bounds::take(bounded_mailbox& from, std::size_t at_most) noexcept {
    ++from.releases;
    if (std::exchange(from.threads, 0) > 0) {
        released_.notify_all();
    }
    sched::runnable* const taken = at_most == 0 ? nullptr : from.first;
    sched::runnable** last = &from.first;
    for (; at_most > 0 && *last != nullptr; --at_most) {
        waits_.erase(static_cast<const detail::process&>(**last).index());
        last = &(*last)->next_runnable;
    }
    if (taken != nullptr) {
        from.first = std::exchange(*last, nullptr);
    }
    if (from.first == nullptr) {
        from.end = &from.first;
        // Dekker, see the head of the header.
        from.is_awaited.store(false, std::memory_order_seq_cst);
    }
    return taken;
}

}  // namespace coppice::process_layer
