// SPDX-License-Identifier: Apache-2.0
// Size classes of 16 bytes. Chunks are never returned to the system: as with any allocator, the
// memory is bounded by the peak of live blocks. A chunk may hold blocks that outlive the runtime
// that allocated the blocks.

#include "coppice/detail/pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "platform/large_pages.hpp"
#include "platform/pool_bypass.hpp"
#include "platform/pool_view.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPPICE_PLAIN_POOL 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COPPICE_PLAIN_POOL 1
#endif
#endif

namespace coppice::detail {
namespace {

/// Blocks for use when memory is short. Every block has the largest size, so that any block fits
/// any request without a choice.
class reserve {
  public:
    /// Fills the reserve as far as there is memory.
    void fill() noexcept {
        if (missing_.load(std::memory_order_relaxed) == 0) {
            return;
        }
        const std::scoped_lock lock{mutex_};
        for (void*& each : blocks_) {
            if (each == nullptr) {
                each = ::operator new(pool_block_max, std::nothrow);
                if (each == nullptr) {
                    return;
                }
                missing_.fetch_sub(1, std::memory_order_relaxed);
            }
        }
    }

    /// Null if the reserve is empty.
    void* take() noexcept {
        const std::scoped_lock lock{mutex_};
        for (void*& each : blocks_) {
            if (each != nullptr) {
                missing_.fetch_add(1, std::memory_order_relaxed);
                return std::exchange(each, nullptr);
            }
        }
        return nullptr;
    }

  private:
    static constexpr std::size_t size = 64;

    std::mutex mutex_;
    std::array<void*, size> blocks_{};
    std::atomic<std::size_t> missing_{size};
};

reserve& common_reserve() noexcept {
    // Never destroyed: threads may still allocate while static destructors run.
    alignas(reserve) static std::array<std::byte, sizeof(reserve)> memory;
    static auto* kept = new (memory.data()) reserve;
    return *kept;
}

thread_local unsigned reserves_open = 0;
/// Allocations until the one that fails. 0: none fails.
constinit thread_local unsigned until_failure = 0;

/// Returns `allocate()`, or a block of the reserve if the allocation fails and the thread
/// may use the reserve.
template <class Allocate>
void* allocate_or_borrow(std::size_t size, Allocate allocate) {
    try {
        if (platform::is_allocation_to_fail()) [[unlikely]] {
            throw std::bad_alloc{};
        }
        void* const block = allocate();
        common_reserve().fill();
        return block;
    } catch (const std::bad_alloc&) {
        void* const kept =
            reserves_open > 0 && size <= pool_block_max ? common_reserve().take() : nullptr;
        if (kept == nullptr) {
            throw;
        }
        return kept;
    }
}

}  // namespace

open_reserve::open_reserve() noexcept {
    ++reserves_open;
}

open_reserve::~open_reserve() {
    --reserves_open;
}

#ifdef COPPICE_PLAIN_POOL

// A recycled block would hide a use after free from the sanitizers, so every block is a new one.
void* pool_allocate(std::size_t size) {
    return allocate_or_borrow(size, [size] { return ::operator new(size); });
}

void* pool_allocate_of(std::size_t size, std::size_t) {
    return pool_allocate(size);
}

// Unsized delete: a block of the reserve is larger than the size requested.
void pool_free(void* block, std::size_t) noexcept {
    ::operator delete(block);
}

void pool_free_of(void* block, std::size_t size, std::size_t) noexcept {
    pool_free(block, size);
}

#else

namespace {

constexpr std::size_t class_count = pool_block_max / pool_granule;
constexpr std::uint32_t batch_blocks = 64;
/// The largest chunk is made of large pages. Smaller chunks are touched only as blocks are cut;
/// large pages come whole, once the smaller chunks have been used up.
constexpr std::size_t chunk_bytes_max = 2 * platform::large_page;

/// The head of a free block outside of any batch.
struct free_block {
    free_block* next;
};

/// Free blocks that change threads together. The addresses are kept beside the blocks, so that the
/// receiving thread need not read memory that is still in the cache of another core.
struct batch {
    std::array<void*, batch_blocks> blocks;
    batch* next;
};

class shared_class {
  public:
    void give(void* const* blocks) noexcept {
        const std::scoped_lock lock{mutex_};
        free_ += batch_blocks;
        batch* given = empty_ != nullptr ? pop(empty_) : new (std::nothrow) batch;
        if (given == nullptr) {
            std::for_each_n(blocks, batch_blocks, [this](void* block) { push_loose(block); });
            return;
        }
        std::copy_n(blocks, batch_blocks, given->blocks.begin());
        push(full_, given);
    }

    void give_one(void* block) noexcept {
        const std::scoped_lock lock{mutex_};
        ++free_;
        push_loose(block);
    }

    /// Takes at least one block and at most a batch: returned blocks, or new blocks. Returns
    /// the number of blocks.
    std::uint32_t take(void** into, std::size_t block_bytes) {
        const std::scoped_lock lock{mutex_};
        if (full_ != nullptr) {
            batch* taken = pop(full_);
            std::ranges::copy(taken->blocks, into);
            push(empty_, taken);
            free_ -= batch_blocks;
            return batch_blocks;
        }
        return loose_ != nullptr ? take_loose(into) : cut_batch(into, block_bytes);
    }

    platform::pool_view look(std::size_t block_bytes) const {
        const std::scoped_lock lock{mutex_};
        // A block of the reserve is freed into the class of the request but was not cut there, so
        // `free_` may exceed `cut_`.
        return {block_bytes, cut_ - std::min(cut_, free_), free_ + uncut_bytes_ / block_bytes};
    }

  private:
    static batch* pop(batch*& list) noexcept { return std::exchange(list, list->next); }
    static void push(batch*& list, batch* added) noexcept {
        added->next = std::exchange(list, added);
    }

    void push_loose(void* block) noexcept { loose_ = new (block) free_block{loose_}; }

    std::uint32_t take_loose(void** into) noexcept {
        std::uint32_t count = 0;
        while (loose_ != nullptr && count < batch_blocks) {
            into[count++] = std::exchange(loose_, loose_->next);
        }
        free_ -= count;
        return count;
    }

    // Cuts one batch at a time: a thread with more blocks than its cache holds would give a block
    // that it has just freed, still in the cache of the core, to other threads.
    std::uint32_t cut_batch(void** into, std::size_t block_bytes) {
        const std::size_t batch_bytes = batch_blocks * block_bytes;
        if (uncut_bytes_ < batch_bytes) {
            const std::size_t wanted = std::min(2 * chunk_bytes_, chunk_bytes_max);
            if (chunks_.size() == chunks_.capacity()) {
                chunks_.reserve(2 * chunks_.size() + 1);
            }
            uncut_ =
                static_cast<std::byte*>(wanted == chunk_bytes_max ? platform::allocate_large(wanted)
                                                                  : ::operator new(wanted));
            uncut_bytes_ = chunk_bytes_ = wanted;
            chunks_.push_back(uncut_);
        }
        for (std::uint32_t i = 0; i < batch_blocks; ++i) {
            into[i] = uncut_ + (batch_blocks - 1 - i) * block_bytes;  // lowest address goes first
        }
        uncut_ += batch_bytes;
        uncut_bytes_ -= batch_bytes;
        cut_ += batch_blocks;
        return batch_blocks;
    }

    mutable std::mutex mutex_;
    std::size_t cut_ = 0;   ///< Blocks cut so far.
    std::size_t free_ = 0;  ///< Free blocks held here.
    batch* full_ = nullptr;
    batch* empty_ = nullptr;       ///< Batch objects without blocks.
    free_block* loose_ = nullptr;  ///< Single blocks, mostly from threads that ended.
    std::vector<std::byte*> chunks_;
    std::byte* uncut_ = nullptr;  ///< The rest of the last chunk.
    std::size_t uncut_bytes_ = 0;
    std::size_t chunk_bytes_ = batch_blocks * pool_block_max / 2;  ///< Size of the last chunk.
};

std::array<shared_class, class_count>& shared_classes() {
    // Never destroyed: threads may still free blocks while static destructors run.
    static auto* classes = new std::array<shared_class, class_count>;
    return *classes;
}

std::size_t bytes_of(std::size_t index) noexcept {
    return (index + 1) * pool_granule;
}

class thread_cache {
  public:
    thread_cache() noexcept {}  // leaves `blocks_` untouched: most classes are never used
    thread_cache(const thread_cache&) = delete;
    thread_cache& operator=(const thread_cache&) = delete;

    ~thread_cache() {
        for (std::size_t index = 0; index < class_count; ++index) {
            if (counts_[index] >= batch_blocks) {
                give_oldest(index);
            }
            while (counts_[index] > 0) {
                shared_classes()[index].give_one(blocks_[index][--counts_[index]]);
            }
        }
    }

    bool has(std::size_t index) const noexcept { return counts_[index] != 0; }
    /// Precondition: `has(index)`. Not checked: each allocation passes here.
    void* take(std::size_t index) noexcept {
        const std::uint32_t left = counts_[index] - 1;
        counts_[index] = left;
        return blocks_[index][left];
    }

    void* allocate(std::size_t index) {
        if (!has(index)) {
            counts_[index] = shared_classes()[index].take(blocks_[index].data(), bytes_of(index));
        }
        return take(index);
    }

    void free(std::size_t index, void* memory) noexcept {
        const std::uint32_t count = counts_[index];
        if (count == capacity) [[unlikely]] {
            return free_into_full(index, memory);
        }
        blocks_[index][count] = memory;
        counts_[index] = count + 1;
    }

  private:
    static constexpr std::uint32_t capacity = 2 * batch_blocks;

    /// A function of its own, called last: so `free` saves no registers.
    [[gnu::cold, gnu::noinline]] void free_into_full(std::size_t index, void* memory) noexcept {
        give_oldest(index);
        blocks_[index][counts_[index]++] = memory;
    }

    /// Keeps the newest blocks, which are still in the cache of the core.
    void give_oldest(std::size_t index) noexcept {
        auto& kept = blocks_[index];
        shared_classes()[index].give(kept.data());
        std::copy(kept.begin() + batch_blocks, kept.begin() + counts_[index], kept.begin());
        counts_[index] -= batch_blocks;
    }

    std::array<std::uint32_t, class_count> counts_{};
    std::array<std::array<void*, capacity>, class_count> blocks_;
};

/// Null until the thread's first allocation, and after the end of the thread's cache. TLS model
/// initial-exec: read without a call, also in a shared library.
[[gnu::tls_model("initial-exec")]] constinit thread_local thread_cache* cache_here = nullptr;
constinit thread_local bool ended = false;
constinit thread_local bool bypassed = false;

struct guarded_cache {
    std::unique_ptr<thread_cache> cache = std::make_unique<thread_cache>();
    guarded_cache() { cache_here = cache.get(); }
    guarded_cache(const guarded_cache&) = delete;
    guarded_cache& operator=(const guarded_cache&) = delete;
    ~guarded_cache() {
        cache_here = nullptr;
        ended = true;
    }
};

thread_cache& make_cache() {
    thread_local const guarded_cache guarded;
    cache_here = guarded.cache.get();  // again, after a bypass
    return *guarded.cache;
}

// For threads without a cache: the destructor of another thread_local object may use the pool after
// the cache is gone.

void* allocate_alone(std::size_t index) {
    std::array<void*, batch_blocks> taken;
    const std::uint32_t count = shared_classes()[index].take(taken.data(), bytes_of(index));
    for (std::uint32_t i = 1; i < count; ++i) {
        shared_classes()[index].give_one(taken[i]);
    }
    return taken[0];
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
    return allocate_or_borrow(size, [size] {
        if (!is_pooled(size)) {
            return ::operator new(size);
        }
        if (bypassed) {
            return ::operator new(bytes_of(pool_class_of(size)));
        }
        return ended ? allocate_alone(pool_class_of(size))
                     : make_cache().allocate(pool_class_of(size));
    });
}

[[gnu::noinline]] void free_slowly(void* block, std::size_t size) noexcept {
    if (!is_pooled(size)) {
        ::operator delete(block, size);
    } else if (ended || bypassed) {
        shared_classes()[pool_class_of(size)].give_one(block);
    } else {
        make_cache().free(pool_class_of(size), block);
    }
}

}  // namespace

// None of these is ever inlined: a coroutine may resume on another thread after a suspension,
// and must not keep the address of the cache of the first thread.

[[gnu::noinline]] void* pool_allocate_of(std::size_t size, std::size_t size_class) {
    thread_cache* const cache = cache_here;
    if (cache != nullptr && cache->has(size_class)) [[likely]] {
        return cache->take(size_class);
    }
    return allocate_slowly(size);
}

[[gnu::noinline]] void* pool_allocate(std::size_t size) {
    return is_pooled(size) ? pool_allocate_of(size, pool_class_of(size)) : allocate_slowly(size);
}

[[gnu::noinline]] void pool_free_of(void* block, std::size_t size,
                                    std::size_t size_class) noexcept {
    thread_cache* const cache = cache_here;
    if (cache != nullptr) [[likely]] {
        cache->free(size_class, block);
        return;
    }
    free_slowly(block, size);
}

[[gnu::noinline]] void pool_free(void* block, std::size_t size) noexcept {
    if (is_pooled(size)) [[likely]] {
        pool_free_of(block, size, pool_class_of(size));
        return;
    }
    free_slowly(block, size);
}

#endif

}  // namespace coppice::detail

namespace coppice::platform {

std::vector<pool_view> look_at_pools() {
    std::vector<pool_view> out;
#ifndef COPPICE_PLAIN_POOL
    for (std::size_t index = 0; index < detail::class_count; ++index) {
        const pool_view each = detail::shared_classes()[index].look(detail::bytes_of(index));
        if (each.used + each.free > 0) {
            out.push_back(each);
        }
    }
#endif
    return out;
}

void bypass_pool(bool on) noexcept {
#ifdef COPPICE_PLAIN_POOL
    static_cast<void>(on);  // the pool uses operator new anyway
#else
    detail::bypassed = on;
    detail::cache_here = nullptr;  // make_cache() sets the pointer again
#endif
}

bool is_allocation_to_fail() noexcept {
    return detail::until_failure != 0 && --detail::until_failure == 0;
}

void fail_allocation(unsigned nth) noexcept {
    bypass_pool(true);
    detail::until_failure = nth;
}

bool allow_allocations() noexcept {
    bypass_pool(false);
    return std::exchange(detail::until_failure, 0) == 0;
}

}  // namespace coppice::platform
