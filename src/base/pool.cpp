// SPDX-License-Identifier: Apache-2.0
// Size classes of 16 bytes. Chunks are never given back: like any allocator this one is bounded by
// the peak of what was alive, and a chunk may hold blocks that outlive the runtime that asked for
// them.

#include "coppice/detail/pool.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPPICE_PLAIN_POOL 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COPPICE_PLAIN_POOL 1
#endif
#endif

namespace coppice::detail {

#ifdef COPPICE_PLAIN_POOL

// A recycled block hides a use after free from the sanitizers, so they see every one.
void* pool_allocate(std::size_t size) {
    return ::operator new(size);
}

void pool_free(void* block, std::size_t size) noexcept {
    ::operator delete(block, size);
}

#else

namespace {

constexpr std::size_t granule = 16;
constexpr std::size_t class_count = pool_block_max / granule;
constexpr std::uint32_t batch_blocks = 64;
constexpr std::size_t chunk_bytes_max = std::size_t{4} * 1024 * 1024;  // touched as it is cut

struct free_block {
    free_block* next;
    free_block* next_batch;
};

struct block_list {
    free_block* head = nullptr;
    std::uint32_t count = 0;

    void push(free_block* block) noexcept {
        block->next = head;
        head = block;
        ++count;
    }

    free_block* pop() noexcept {
        free_block* block = head;
        head = block->next;
        --count;
        return block;
    }
};

/// Batches of exactly `batch_blocks`, chained through the first block of each.
class shared_class {
  public:
    void give(free_block* batch) noexcept {
        const std::scoped_lock lock{mutex_};
        batch->next_batch = batches_;
        batches_ = batch;
    }

    /// A batch that was given back, or a new one.
    block_list take(std::size_t block_bytes) {
        const std::scoped_lock lock{mutex_};
        if (batches_ != nullptr) {
            free_block* batch = batches_;
            batches_ = batch->next_batch;
            return {batch, batch_blocks};
        }
        return cut_batch(block_bytes);
    }

  private:
    // One batch at a time: a thread that got more than it may keep would give the block that it has
    // just freed, and that is still in its cache, to the others.
    block_list cut_batch(std::size_t block_bytes) {
        const std::size_t batch_bytes = batch_blocks * block_bytes;
        if (uncut_bytes_ < batch_bytes) {
            chunk_bytes_ = std::min(2 * chunk_bytes_, chunk_bytes_max);
            uncut_ = static_cast<std::byte*>(::operator new(chunk_bytes_));
            uncut_bytes_ = chunk_bytes_;
            chunks_.push_back(uncut_);
        }
        block_list list;
        for (std::size_t at = 0; at < batch_bytes; at += block_bytes) {
            list.push(new (uncut_ + at) free_block{});
        }
        uncut_ += batch_bytes;
        uncut_bytes_ -= batch_bytes;
        return list;
    }

    std::mutex mutex_;
    free_block* batches_ = nullptr;
    std::vector<std::byte*> chunks_;
    std::byte* uncut_ = nullptr;  ///< What is left of the last chunk.
    std::size_t uncut_bytes_ = 0;
    std::size_t chunk_bytes_ = batch_blocks * pool_block_max / 2;  ///< Of the last chunk.
};

std::array<shared_class, class_count>& shared_classes() {
    // Never destroyed: threads may still free blocks while static destructors run.
    static auto* classes = new std::array<shared_class, class_count>;
    return *classes;
}

bool is_pooled(std::size_t size) noexcept {
    return size - 1 < pool_block_max;  // and 0 is not
}

std::size_t class_of(std::size_t size) noexcept {
    return (size - 1) / granule;
}

class thread_cache {
  public:
    thread_cache() = default;
    thread_cache(const thread_cache&) = delete;
    thread_cache& operator=(const thread_cache&) = delete;

    ~thread_cache() {
        for (std::size_t index = 0; index < class_count; ++index) {
            while (lists_[index].count >= batch_blocks) {
                give_batch(index);
            }
            orphan(index);
        }
    }

    /// Null if it has none of that class.
    void* allocate_cached(std::size_t index) noexcept {
        block_list& list = lists_[index];
        return list.head == nullptr ? nullptr : list.pop();
    }

    void* allocate(std::size_t index) {
        block_list& list = lists_[index];
        if (list.head == nullptr) {
            list = shared_classes()[index].take((index + 1) * granule);
        }
        return list.pop();
    }

    void free(std::size_t index, void* memory) noexcept {
        block_list& list = lists_[index];
        list.push(new (memory) free_block);
        if (list.count >= 4 * batch_blocks) [[unlikely]] {
            give_batch(index);
        }
    }

  private:
    [[gnu::noinline]] void give_batch(std::size_t index) noexcept {
        block_list batch;
        for (std::uint32_t i = 0; i < batch_blocks; ++i) {
            batch.push(lists_[index].pop());
        }
        shared_classes()[index].give(batch.head);
    }

    /// A thread that ends keeps fewer than a batch of each class: they wait for the next thread
    /// that ends.
    void orphan(std::size_t index) noexcept {
        static std::mutex mutex;
        static auto* left = new std::array<block_list, class_count>;
        const std::scoped_lock lock{mutex};
        block_list& pile = (*left)[index];
        while (lists_[index].head != nullptr) {
            pile.push(lists_[index].pop());
            if (pile.count == batch_blocks) {
                shared_classes()[index].give(pile.head);
                pile = {};
            }
        }
    }

    std::array<block_list, class_count> lists_{};
};

/// Null until the thread first asks for a block, and again when its cache is gone. Of the kind that
/// is read without a call also in a shared library.
[[gnu::tls_model("initial-exec")]] constinit thread_local thread_cache* cache_here = nullptr;
constinit thread_local bool ended = false;

struct guarded_cache {
    thread_cache cache;
    guarded_cache() noexcept { cache_here = &cache; }
    guarded_cache(const guarded_cache&) = delete;
    guarded_cache& operator=(const guarded_cache&) = delete;
    ~guarded_cache() {
        cache_here = nullptr;
        ended = true;
    }
};

// The destructor of another thread_local object may use the pool after this thread's cache is gone:
// then a cache that lives as long as one call does.
template <class Use>
auto with_a_cache(Use use) {
    if (ended) {
        thread_cache last;
        return use(last);
    }
    thread_local guarded_cache guarded;
    return use(guarded.cache);
}

[[gnu::noinline]] void* allocate_slowly(std::size_t size) {
    if (!is_pooled(size)) {
        return ::operator new(size);
    }
    return with_a_cache([size](thread_cache& cache) { return cache.allocate(class_of(size)); });
}

[[gnu::noinline]] void free_slowly(void* block, std::size_t size) noexcept {
    if (!is_pooled(size)) {
        ::operator delete(block, size);
        return;
    }
    with_a_cache([block, size](thread_cache& cache) { cache.free(class_of(size), block); });
}

}  // namespace

// Neither is ever inlined: a coroutine may go on on another thread after it waited, and must not
// keep the address of the first thread's cache.

[[gnu::noinline]] void* pool_allocate(std::size_t size) {
    thread_cache* const cache = cache_here;
    if (cache != nullptr && is_pooled(size)) [[likely]] {
        if (void* block = cache->allocate_cached(class_of(size))) [[likely]] {
            return block;
        }
    }
    return allocate_slowly(size);
}

[[gnu::noinline]] void pool_free(void* block, std::size_t size) noexcept {
    thread_cache* const cache = cache_here;
    if (cache != nullptr && is_pooled(size)) [[likely]] {
        cache->free(class_of(size), block);
        return;
    }
    free_slowly(block, size);
}

#endif

}  // namespace coppice::detail
