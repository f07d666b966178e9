// SPDX-License-Identifier: Apache-2.0
// The slots of processes: type-stable memory. Slots are reused but never unmapped while the runtime lives, so
// a stale pid costs a comparison and never a fault.
//
// A slot is retired for good when all of its generations have been used: no pid comes again. A slot whose
// inbox is about to use its tags again rests first, for longer than a sender can be held up in the middle of
// a send. Such a sender finds the inbox closed.
//
// Threads    Any. A look-up takes no lock. Claim and release are a compare-and-swap on a free list, whose
//            head carries a counter against ABA. Growth takes a lock, once per `chunk_size` processes.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "coppice/detail/contract.hpp"
#include "platform/guarded.hpp"
#include "platform/large_pages.hpp"
#include "process/process.hpp"

namespace coppice::process_layer {

class process_table {
  public:
    /// `first_generation` is the generation of the first process in each slot.
    process_table(detail::runtime_core& world, std::uint32_t first_generation);
    ~process_table() { clear(); }
    process_table(const process_table&) = delete;
    process_table& operator=(const process_table&) = delete;

    /// The slot, whichever life is in it; null for an index that was never used.
    detail::process* at(std::uint32_t index) const noexcept {
        return index < limit() ? &slot_of(index) : nullptr;
    }
    /// Precondition: below `limit()`.
    detail::process& slot(std::uint32_t index) const noexcept {
        COPPICE_EXPECTS(index < limit(), "look a slot up that was used before, or call at()");
        return slot_of(index);
    }
    /// A free slot. Throws std::length_error when `capacity()` processes are alive.
    detail::process& claim();
    void release(detail::process& freed) noexcept { push_free(freed, freed); }
    /// Called instead of `release` for a slot whose next generation has the first tag again.
    void retire(detail::process& freed) noexcept;
    /// The shortest time that a slot rests.
    static constexpr std::chrono::nanoseconds rest_of_a_slot = std::chrono::minutes{1};
    /// Destroys all remaining processes. Afterwards no slot may be claimed.
    void clear() noexcept;

    /// One more than the highest index ever used.
    std::uint32_t limit() const noexcept {
        // Pairs with the release in grow().
        return used_chunks_.load(std::memory_order_acquire) * chunk_size;
    }
    static constexpr std::size_t capacity() noexcept {
        return std::size_t{chunk_size} * chunk_count;
    }

  private:
    static constexpr std::uint32_t chunk_size = 1024;
    static constexpr std::uint32_t chunk_count = 16384;
    static constexpr std::uint32_t none = UINT32_MAX;

    /// Resting slots, linked like free ones. The slots in `present` came in the present period. The slots in
    /// `before` came earlier: by the end of the present period they have rested for all of it.
    struct resting_slots {
        std::uint32_t present = none;
        std::uint32_t before = none;
        std::chrono::nanoseconds since{0};  ///< The begin of the present period.
    };

    struct chunk {
        alignas(detail::process) std::byte memory[chunk_size * sizeof(detail::process)];

        detail::process& slot(std::size_t i) noexcept {
            return *std::launder(
                reinterpret_cast<detail::process*>(memory + i * sizeof(detail::process)));
        }
    };
    /// The first chunks are allocated one by one, the others in blocks.
    static constexpr std::uint32_t single_chunks = 8;
    static constexpr std::uint32_t block_chunks = 32;
    static constexpr std::size_t block_bytes =
        (block_chunks * sizeof(chunk) + platform::large_page - 1) / platform::large_page *
        platform::large_page;

    detail::process& slot_of(std::uint32_t index) const noexcept {
        // Acquire: pairs with the release in grow().
        return (*chunks_)[index / chunk_size]
            .load(std::memory_order_acquire)
            ->slot(index % chunk_size);
    }
    detail::process* pop_free() noexcept;
    void push_free(detail::process& first, detail::process& last) noexcept;
    void grow();
    chunk* allocate_chunk(std::uint32_t number) COPPICE_REQUIRES(grow_mutex_);
    static void free_chunk(std::uint32_t number, chunk* freed) noexcept;
    void wake_rested(std::chrono::nanoseconds now) noexcept COPPICE_REQUIRES(rest_mutex_);

    detail::runtime_core& runtime_;
    const std::uint32_t first_generation_;
    std::unique_ptr<std::array<std::atomic<chunk*>, chunk_count>> chunks_;
    std::atomic<std::uint64_t>
        free_;  ///< Counter in the upper half, index of the first in the lower.
    std::atomic<std::uint32_t> used_chunks_{0};
    platform::mutex grow_mutex_;
    bool is_cleared_ COPPICE_GUARDED_BY(grow_mutex_) = false;
    platform::mutex rest_mutex_;
    resting_slots resting_ COPPICE_GUARDED_BY(rest_mutex_);
};

}  // namespace coppice::process_layer
