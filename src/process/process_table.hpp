// SPDX-License-Identifier: Apache-2.0
// Where processes live: slots that are reused but never unmapped while the runtime lives, so that a
// stale pid costs a comparison and never a fault.
//
// Threads    Any. Finding takes no lock; claiming and releasing are a compare-and-swap on a free
//            list whose head carries a counter against reuse; growing takes a lock, once per
//            `chunk_size` processes.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace coppice::detail {

class process;
class runtime_core;

class process_table {
  public:
    explicit process_table(runtime_core& world);
    ~process_table();
    process_table(const process_table&) = delete;
    process_table& operator=(const process_table&) = delete;

    /// The slot, whoever lives in it now; null for an index never used.
    process* at(std::uint32_t index) const noexcept;
    /// A free slot. Throws std::length_error when `capacity()` processes are alive.
    process& claim();
    void release(process& freed) noexcept;

    /// One more than the highest index ever used.
    std::uint32_t limit() const noexcept;
    static constexpr std::size_t capacity() noexcept { return chunk_size * chunk_count; }

  private:
    static constexpr std::size_t chunk_size = 1024;
    static constexpr std::size_t chunk_count = 16384;
    static constexpr std::uint32_t none = UINT32_MAX;
    struct chunk;

    process* pop_free() noexcept;
    void push_free(process& freed) noexcept;
    void grow();

    runtime_core& world_;
    std::unique_ptr<std::array<std::atomic<chunk*>, chunk_count>> chunks_;
    std::atomic<std::uint64_t>
        free_;  ///< Counter in the upper half, index of the first in the lower.
    std::atomic<std::uint32_t> used_chunks_{0};
    std::mutex grow_mutex_;
};

}  // namespace coppice::detail
