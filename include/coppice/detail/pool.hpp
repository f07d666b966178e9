// SPDX-License-Identifier: Apache-2.0
// Memory for the small blocks that come and go with every message and every coroutine.
//
// Threads    Any thread may allocate and any other may free. Each keeps a cache; a full or empty one
//            trades a batch with a shared list, so a producer and a consumer on two threads touch
//            the shared lock once in a batch instead of once a block.
// Cost       A few ns when the cache has a block. Sizes above `pool_block_max` go to operator new.

#pragma once

#include <cstddef>
#include <new>

#pragma GCC visibility push(default)

namespace coppice::detail {

inline constexpr std::size_t pool_block_max = 1024;

[[nodiscard]] void* pool_allocate(std::size_t size);
void pool_free(void* block, std::size_t size) noexcept;

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
