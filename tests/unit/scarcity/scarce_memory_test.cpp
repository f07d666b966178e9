// SPDX-License-Identifier: Apache-2.0
// The operator new that fails on request, and its behaviour otherwise.

#include "support/scarce_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

namespace coppice::test {

scarcity& scarcity_here() noexcept {
    static constinit thread_local scarcity here;
    return here;
}

bool& is_spared_here() noexcept {
    static constinit thread_local bool spared = false;
    return spared;
}

namespace {

/// For `shortage_elsewhere`: the range of failing allocations, counted from 1; empty while `first` is 0.
struct {
    std::atomic<long> first{0};
    std::atomic<long> last{0};
    std::atomic<long> count{0};
} constinit elsewhere;

bool fails_elsewhere() noexcept {
    const long first = elsewhere.first.load(std::memory_order_acquire);
    if (first == 0 || is_spared_here()) {
        return false;
    }
    const long number = elsewhere.count.fetch_add(1, std::memory_order_relaxed) + 1;
    return number >= first && number <= elsewhere.last.load(std::memory_order_relaxed);
}

bool fails_now() noexcept {
    scarcity& here = scarcity_here();
    if (here.until_failure == 0) {
        return fails_elsewhere();
    }
    if (here.until_failure > 1) {
        --here.until_failure;
        return false;
    }
    here.failed = true;
    if (--here.failures_left == 0) {
        here.until_failure = 0;
    }
    return true;
}

void* take_or_null(std::size_t size) noexcept {
    return fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

void* take(std::size_t size) {
    void* const memory = take_or_null(size);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    return memory;
}

}  // namespace

shortage_elsewhere::shortage_elsewhere(long nth, long row) noexcept : nth_{nth} {
    platform::bypass_pool(true);
    elsewhere.count = 0;
    elsewhere.last = nth + row - 1;
    elsewhere.first.store(nth, std::memory_order_release);
}

shortage_elsewhere::~shortage_elsewhere() {
    elsewhere.first = 0;
    platform::bypass_pool(false);
}

bool shortage_elsewhere::came() const noexcept {
    return elsewhere.count >= nth_;
}

namespace {

TEST(scarce_memory, fails_in_other_threads_that_are_not_spared) {
    const auto allocates = [] {
        try {
            return std::make_unique<long>(1) != nullptr;
        } catch (const std::bad_alloc&) {
            return false;
        }
    };
    bool other = true;
    bool spared_one = false;
    std::atomic<int> begun{0};
    std::atomic<bool> may_go{false};
    const auto when_told = [&](auto work) {
        return [&, work] {
            ++begun;
            while (!may_go) {
            }
            work();
        };
    };
    std::thread spares{when_told([&] {
        const spared here;
        spared_one = allocates();
    })};
    std::thread lacks{when_told([&] { other = allocates(); })};
    while (begun < 2) {
    }
    {
        const spared here;
        const shortage_elsewhere missing{1, 2};
        may_go = true;
        spares.join();
        lacks.join();
        EXPECT_TRUE(missing.came());
    }
    EXPECT_TRUE(spared_one);
    EXPECT_FALSE(other);
    EXPECT_TRUE(allocates());
}

TEST(scarce_memory, fails_at_the_chosen_allocation_only) {
    shortage missing{2, 1};
    missing.begin();
    auto first = std::make_unique<long>(1);
    EXPECT_THROW(static_cast<void>(std::make_unique<long>(2)), std::bad_alloc);
    auto third = std::make_unique<long>(3);
    EXPECT_TRUE(missing.end());
    EXPECT_EQ(*first + *third, 4);
}

TEST(scarce_memory, fails_the_chosen_number_of_allocations_in_a_row) {
    shortage missing{1, 2};
    missing.begin();
    EXPECT_THROW(static_cast<void>(std::make_unique<long>(1)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(std::make_unique<long>(2)), std::bad_alloc);
    EXPECT_EQ(*std::make_unique<long>(3), 3);
    EXPECT_TRUE(missing.end());
}

TEST(scarce_memory, counts_each_block_of_the_pool) {
    detail::pool_free(detail::pool_allocate(2000), 2000);  // fills the reserve
    shortage missing{2, 1};
    missing.begin();
    void* const first = detail::pool_allocate(48);
    EXPECT_THROW(static_cast<void>(detail::pool_allocate(48)), std::bad_alloc);
    EXPECT_TRUE(missing.end());
    detail::pool_free(first, 48);
}

TEST(scarce_memory, serves_allocations_that_must_not_fail_from_the_reserve) {
    detail::pool_free(detail::pool_allocate(2000), 2000);  // fills the reserve
    shortage missing{1, 2};
    missing.begin();
    void* const block = detail::with_reserve([] { return detail::pool_allocate(48); });
    EXPECT_TRUE(missing.end());
    EXPECT_NE(block, nullptr);
    detail::pool_free(block, 48);
}

}  // namespace
}  // namespace coppice::test

void* operator new(std::size_t size) {
    return coppice::test::take(size);
}
void* operator new[](std::size_t size) {
    return coppice::test::take(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return coppice::test::take_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return coppice::test::take_or_null(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
