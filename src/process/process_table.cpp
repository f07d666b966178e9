// SPDX-License-Identifier: Apache-2.0

#include "process/process_table.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "base/turn.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

process_table::process_table(detail::runtime_core& world, std::uint32_t first_generation)
    : runtime_{world},
      first_generation_{first_generation},
      chunks_{std::make_unique<std::array<std::atomic<chunk*>, chunk_count>>()},
      free_{none} {}

void process_table::clear() noexcept {
    const base::without_caller here;
    {
        const platform::scoped_lock lock{grow_mutex_};
        is_cleared_ = true;
    }
    free_.store(none, std::memory_order_relaxed);  // so that claim() comes to grow()
    const std::uint32_t used = used_chunks_.exchange(0);
    for (std::uint32_t i = 0; i < used; ++i) {
        for (std::size_t j = 0; j < chunk_size; ++j) {
            if (detail::process& left = (*chunks_)[i].load()->slot(j); !left.is_free()) {
                std::destroy_at(&left);
            }
        }
    }
    for (std::uint32_t i = 0; i < used; ++i) {
        free_chunk(i, (*chunks_)[i].load());
    }
}

detail::process& process_table::claim() {
    for (;;) {
        if (detail::process* claimed = pop_free()) {
            return *claimed;
        }
        grow();
    }
}

void process_table::retire(detail::process& freed) noexcept {
    if (freed.generation() == detail::process::no_generation) {
        return;
    }
    const platform::scoped_lock lock{rest_mutex_};
    wake_rested(runtime_.scheduler().clock().now());
    freed.next_free_.store(std::exchange(resting_.present, freed.index()),
                           std::memory_order_relaxed);
}

/// A period is as long as a rest. A slot from an earlier period has rested for all of this one.
void process_table::wake_rested(std::chrono::nanoseconds now) noexcept {
    if (now - resting_.since < rest_of_a_slot) {
        return;
    }
    for (std::uint32_t index = resting_.before; index != none;) {
        detail::process& rested = slot(index);
        index = rested.next_free_.load(std::memory_order_relaxed);
        push_free(rested, rested);
    }
    resting_ = {.present = none, .before = resting_.present, .since = now};
}

detail::process* process_table::pop_free() noexcept {
    // Acquire: pairs with the release in push_free(), also below.
    std::uint64_t head = free_.load(std::memory_order_acquire);
    for (;;) {
        const auto index = static_cast<std::uint32_t>(head);
        if (index == none) {
            return nullptr;
        }
        detail::process* const first = &slot_of(index);
        const std::uint64_t next =
            ((head >> 32U) + 1) << 32U | first->next_free_.load(std::memory_order_relaxed);
        // Acquire: pairs with the release in push_free(), for a head read anew.
        if (free_.compare_exchange_weak(head, next, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
            return first;
        }
    }
}

/// Pushes a chain of free slots, from `first` to `last`.
void process_table::push_free(detail::process& first, detail::process& last) noexcept {
    std::uint64_t head = free_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        last.next_free_.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        next = ((head >> 32U) + 1) << 32U | first.index();
        // Release: pairs with the acquire in pop_free(). The next life sees the writes of the last.
    } while (!free_.compare_exchange_weak(head, next, std::memory_order_release,
                                          std::memory_order_relaxed));
}

/// The memory of the next chunk. The chunks of a small table are allocated one by one. After these, each block of
/// large pages is cut into chunks: with small pages, a page fault for every 21 slots would cost a third of a spawn.
process_table::chunk* process_table::allocate_chunk(std::uint32_t number) {
    if (number < single_chunks) {
        return new chunk;
    }
    const std::uint32_t in_block = (number - single_chunks) % block_chunks;
    if (in_block > 0) {
        // Written under the same lock.
        return (*chunks_)[number - 1].load(std::memory_order_relaxed) + 1;
    }
    return new (platform::allocate_large(block_bytes)) chunk[block_chunks];
}

void process_table::free_chunk(std::uint32_t number, chunk* freed) noexcept {
    if (number < single_chunks) {
        delete freed;
    } else if ((number - single_chunks) % block_chunks == 0) {
        platform::free_large(freed, block_bytes);
    }
}

void process_table::grow() {
    const platform::scoped_lock lock{grow_mutex_};
    COPPICE_EXPECTS(!is_cleared_, "spawn no process once the runtime is being destroyed");
    // Acquire: pairs with the release in push_free().
    if (static_cast<std::uint32_t>(free_.load(std::memory_order_acquire)) != none) {
        return;  // the table grew, or a process ended, during the wait for the lock
    }
    const std::uint32_t used = used_chunks_.load(std::memory_order_relaxed);
    if (used == chunk_count) {
        throw std::length_error{"spawn: " + std::to_string(capacity()) +
                                " processes are alive, which is the limit of a runtime"};
    }
    const std::uint32_t first = used * chunk_size;
    runtime_.scheduler().expect(first + chunk_size);
    chunk* const added = allocate_chunk(used);
    for (std::uint32_t i = 0; i < chunk_size; ++i) {
        auto* const slot = new (added->memory + i * sizeof(detail::process))
            detail::process{runtime_, first + i, first_generation_};
        slot->next_free_.store(first + i + 1, std::memory_order_relaxed);
    }
    // Release: pairs with the acquire in slot_of().
    (*chunks_)[used].store(added, std::memory_order_release);
    // Release: pairs with the acquire in limit().
    used_chunks_.store(used + 1, std::memory_order_release);
    push_free(added->slot(0), added->slot(chunk_size - 1));
}

}  // namespace coppice::process_layer
