// SPDX-License-Identifier: Apache-2.0
// Memory for the small blocks that come and go with every message and every coroutine.
//
// Threads    Any thread may allocate and any other may free. Each keeps a cache; a full or empty one
//            trades a batch with a shared list, so a producer and a consumer on two threads touch
//            the shared lock once in a batch instead of once a block.
// Cost       A few ns when the cache has a block. Sizes above `pool_block_max` go to operator new.
// Reserve    A few blocks are kept for what may not fail: see `with_reserve`.

#pragma once

#include <cstddef>
#include <new>

#pragma GCC visibility push(default)

namespace coppice::detail {

inline constexpr std::size_t pool_block_max = 1024;

[[nodiscard]] void* pool_allocate(std::size_t size);
void pool_free(void* block, std::size_t size) noexcept;

/// While one lives, its thread gets blocks from the reserve when there are no others. The reserve
/// fills up again as soon as there is memory. No coroutine waits while it has one.
class open_reserve {
  public:
    open_reserve() noexcept;
    open_reserve(const open_reserve&) = delete;
    open_reserve& operator=(const open_reserve&) = delete;
    ~open_reserve();
};

/// Does what others rely on: when it fails for lack of memory, once more with the reserve. `work`
/// changes nothing when it throws.
template <class Work>
decltype(auto) with_reserve(Work work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        const open_reserve opened;
        return work();
    }
}

/// Gives a class pooled operator new and delete.
struct pooled {
    static void* operator new(std::size_t size) { return pool_allocate(size); }
    static void operator delete(void* block, std::size_t size) noexcept { pool_free(block, size); }
    // The pool's blocks are aligned for whatever needs no more than the usual.
    static void* operator new(std::size_t size, std::align_val_t alignment) {
        return ::operator new(size, alignment);
    }
    static void operator delete(void* block, std::size_t size,
                                std::align_val_t alignment) noexcept {
        ::operator delete(block, size, alignment);
    }
};

}  // namespace coppice::detail

#pragma GCC visibility pop
