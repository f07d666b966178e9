// SPDX-License-Identifier: Apache-2.0
// Pooled memory for the small, short-lived blocks of messages and coroutines.
//
// Threads    Any thread may allocate, and any other thread may free. Each thread keeps a cache. A full or
//            empty cache trades a batch with a shared list. So a producer and a consumer on two threads take
//            the shared lock once a batch, and not once a block.
// Cost       A few ns when the cache has a block. Sizes above `pool_block_max` go to operator new.
// Reserve    A few blocks are kept for operations that may not fail: see `with_reserve`.

#pragma once

#include <cstddef>
#include <new>

#pragma GCC visibility push(default)

namespace coppice::detail {

inline constexpr std::size_t pool_block_max = 1024;
/// Blocks whose sizes round up to the same multiple of the granule are of one class.
inline constexpr std::size_t pool_granule = 16;
constexpr std::size_t pool_class_of(std::size_t size) noexcept {
    return (size - 1) / pool_granule;
}
constexpr bool is_pooled(std::size_t size) noexcept {
    return size - 1 < pool_block_max;  // 0 wraps around and is not pooled
}

[[nodiscard]] void* pool_allocate(std::size_t size);
void pool_free(void* block, std::size_t size) noexcept;
// The same for a pooled size whose class is known when compiling.
[[nodiscard]] void* pool_allocate_of(std::size_t size, std::size_t size_class);
void pool_free_of(void* block, std::size_t size, std::size_t size_class) noexcept;

/// While an `open_reserve` exists, its thread may take blocks from the reserve if no other memory is left.
/// The reserve is refilled as soon as memory is available. No coroutine suspends while it holds one.
class open_reserve {
  public:
    open_reserve() noexcept;
    open_reserve(const open_reserve&) = delete;
    open_reserve& operator=(const open_reserve&) = delete;
    ~open_reserve();
};

/// Runs `work`. If memory runs out, runs `work` a second time with the reserve open. For operations that
/// other processes rely on. Precondition: `work` changes nothing when it throws. Not
/// checked: only `work` knows.
template <class Work>
decltype(auto) with_reserve(Work work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        const open_reserve opened;
        return work();
    }
}

/// Base class that gives a class pooled operator new and delete.
struct pooled {
    static void* operator new(std::size_t size) {
        return __builtin_constant_p(size) && is_pooled(size)
                   ? pool_allocate_of(size, pool_class_of(size))
                   : pool_allocate(size);
    }
    static void operator delete(void* block, std::size_t size) noexcept {
        if (__builtin_constant_p(size) && is_pooled(size)) {
            pool_free_of(block, size, pool_class_of(size));
        } else {
            pool_free(block, size);
        }
    }
    // The pool's blocks have the default alignment, so over-aligned classes bypass the pool.
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
