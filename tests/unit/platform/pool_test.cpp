// SPDX-License-Identifier: Apache-2.0
#include "coppice/detail/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "support/sanitizers.hpp"

namespace coppice::detail {
namespace {

// Under these sanitizers the pool is operator new, so that a sanitizer sees every block.
constexpr bool recycles = !test::under_asan && !test::under_tsan;

struct block {
    void* memory;
    std::size_t size;
    unsigned char mark;
};

block marked(std::size_t size, unsigned char mark) {
    void* memory = pool_allocate(size);
    std::memset(memory, mark, size);
    return {memory, size, mark};
}

bool intact(const block& b) {
    const auto* bytes = static_cast<const unsigned char*>(b.memory);
    for (std::size_t i = 0; i < b.size; ++i) {
        if (bytes[i] != b.mark) {
            return false;
        }
    }
    return true;
}

TEST(pool, gives_blocks_that_do_not_overlap_and_are_aligned_for_everything) {
    std::vector<block> blocks;
    for (int round = 0; round < 3; ++round) {
        for (std::size_t size = 1; size <= pool_block_max + 64; ++size) {
            blocks.push_back(marked(size, static_cast<unsigned char>(blocks.size() * 7)));
        }
    }
    for (const block& each : blocks) {
        EXPECT_TRUE(intact(each)) << each.size;
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(each.memory) % alignof(std::max_align_t), 0U)
            << each.size;
        pool_free(each.memory, each.size);
    }
}

TEST(pool, serves_sizes_on_both_sides_of_its_limits) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17},
          pool_block_max - 1, pool_block_max, pool_block_max + 1, 100 * pool_block_max}) {
        void* one = pool_allocate(size);
        void* other = pool_allocate(size);
        EXPECT_NE(one, nullptr) << size;
        EXPECT_NE(one, other) << size;
        std::memset(one, 1, size);
        std::memset(other, 2, size);
        pool_free(one, size);
        pool_free(other, size);
    }
}

TEST(pool, reuses_the_last_freed_block_first) {
    if (!recycles) {
        GTEST_SKIP() << "the pool is operator new under a sanitizer";
    }
    void* first = pool_allocate(100);
    pool_free(first, 100);
    void* again = pool_allocate(97);  // the same class of sizes
    EXPECT_EQ(again, first);
    void* larger = pool_allocate(129);
    EXPECT_NE(larger, first);
    pool_free(again, 97);
    pool_free(larger, 129);
}

TEST(pool, reuses_blocks_freed_by_another_thread) {
    if (!recycles) {
        GTEST_SKIP() << "the pool is operator new under a sanitizer";
    }
    // A producer never frees and a consumer never allocates: without reuse, every block is new.
    constexpr int rounds = 200;
    constexpr std::size_t per_round = 256;
    std::set<void*> seen;
    for (int round = 0; round < rounds; ++round) {
        std::vector<void*> made;
        for (std::size_t i = 0; i < per_round; ++i) {
            made.push_back(pool_allocate(480));
            seen.insert(made.back());
        }
        std::thread{[&] {
            for (void* each : made) {
                pool_free(each, 480);
            }
        }}.join();
    }
    EXPECT_LT(seen.size(), per_round * 8);
}

TEST(pool, loses_nothing_to_threads_that_end) {
    if (!recycles) {
        GTEST_SKIP() << "the pool is operator new under a sanitizer";
    }
    std::set<void*> seen;
    for (int thread = 0; thread < 300; ++thread) {
        std::thread{[&] {
            std::vector<void*> mine;
            for (int i = 0; i < 10; ++i) {  // less than a batch: the rest is an orphan
                mine.push_back(pool_allocate(720));
                seen.insert(mine.back());
            }
            for (void* each : mine) {
                pool_free(each, 720);
            }
        }}.join();
    }
    EXPECT_LT(seen.size(), 600U);  // of 3,000
}

TEST(pool, keeps_blocks_whole_that_travel_between_threads) {
    constexpr int threads = 4;
    constexpr int blocks_each = 4000;
    std::mutex mutex;
    std::vector<block> travelling;
    std::atomic<int> broken{0};
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            for (int i = 0; i < blocks_each; ++i) {
                const auto size = static_cast<std::size_t>(1 + (i * 37 + t * 11) % 1100);
                const block mine = marked(size, static_cast<unsigned char>(i + t));
                block other{};
                {
                    const std::scoped_lock lock{mutex};
                    travelling.push_back(mine);
                    const std::size_t chosen = static_cast<std::size_t>(i) % travelling.size();
                    std::swap(travelling[chosen], travelling.back());
                    if (travelling.size() > 200) {
                        other = travelling.back();
                        travelling.pop_back();
                    }
                }
                if (other.memory != nullptr) {
                    broken += intact(other) ? 0 : 1;
                    pool_free(other.memory, other.size);
                }
            }
        });
    }
    for (std::thread& each : running) {
        each.join();
    }
    for (const block& each : travelling) {
        broken += intact(each) ? 0 : 1;
        pool_free(each.memory, each.size);
    }
    EXPECT_EQ(broken.load(), 0);
}

/// Constructed before the thread's cache, so destroyed after the cache.
struct freed_late {
    void* memory = nullptr;
    std::atomic<bool>* done = nullptr;
    freed_late() = default;
    freed_late(const freed_late&) = delete;
    freed_late& operator=(const freed_late&) = delete;
    ~freed_late() {
        if (memory != nullptr) {
            void* another = pool_allocate(200);
            std::memset(another, 3, 200);
            pool_free(another, 200);
            pool_free(memory, 200);
            done->store(true);
        }
    }
};

TEST(pool, still_works_in_the_last_destructors_of_a_thread) {
    std::atomic<bool> done{false};
    std::thread{[&] {
        thread_local freed_late late;
        late.done = &done;
        late.memory = pool_allocate(200);
        std::memset(late.memory, 1, 200);
    }}.join();
    EXPECT_TRUE(done.load());
}

struct pooled_thing : pooled {
    explicit pooled_thing(int v) : value{v} {}
    int value;
};

TEST(pool, is_used_by_new_and_delete_of_pooled_classes) {
    auto* one = new pooled_thing{1};
    EXPECT_EQ(one->value, 1);
    void* const where = one;
    delete one;
    auto* two = new pooled_thing{2};
    if (recycles) {
        EXPECT_EQ(static_cast<void*>(two), where);
    }
    EXPECT_EQ(two->value, 2);
    delete two;
}

}  // namespace
}  // namespace coppice::detail
