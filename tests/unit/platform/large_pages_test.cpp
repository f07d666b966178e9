// SPDX-License-Identifier: Apache-2.0
// Memory for large pages begins at a large-page boundary, is fully usable, is refused like other memory, and is
// returned. Pages are mapped ahead of the writes.

#include "platform/large_pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace coppice::platform {
namespace {

const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

/// For each page whether it is in memory. Empty if not all pages are mapped.
std::vector<bool> resident(void* memory, std::size_t pages) {
    std::vector<unsigned char> told(pages);
    if (::mincore(memory, pages * page, told.data()) != 0) {
        return {};
    }
    std::vector<bool> out;
    for (const unsigned char each : told) {
        out.push_back((each & 1U) != 0);
    }
    return out;
}

TEST(memory_in_large_pages, begins_at_a_page_and_can_be_written_to_its_end) {
    for (const std::size_t pages : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
        auto* const memory = static_cast<unsigned char*>(allocate_large(pages * large_page));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % large_page, 0U);
        std::memset(memory, 7, pages * large_page);
        EXPECT_EQ(memory[pages * large_page - 1], 7);
    }
}

TEST(memory_in_large_pages, does_not_overlap_an_earlier_allocation) {
    auto* const first = static_cast<unsigned char*>(allocate_large(large_page));
    auto* const second = static_cast<unsigned char*>(allocate_large(large_page));
    first[0] = 1;
    second[0] = 2;
    EXPECT_EQ(first[0], 1);
}

TEST(memory_in_large_pages, is_refused_where_there_is_no_room) {
    const std::size_t too_much = (SIZE_MAX / 2 / large_page) * large_page;
    EXPECT_THROW(static_cast<void>(allocate_large(too_much)), std::bad_alloc);
}

TEST(memory_in_large_pages, is_unmapped_when_freed) {
    void* const memory = allocate_large(2 * large_page);
    EXPECT_FALSE(resident(memory, 2 * large_page / page).empty());
    free_large(memory, 2 * large_page);
    EXPECT_TRUE(resident(memory, 1).empty());
    EXPECT_TRUE(resident(static_cast<std::byte*>(memory) + 2 * large_page - page, 1).empty());
}

#if defined(MADV_POPULATE_WRITE)
TEST(memory, mapped_ahead_is_resident_in_all_pages_of_the_range_and_in_no_other) {
    constexpr std::size_t pages = 8;
    void* const mapped =
        ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    auto* const first = static_cast<std::byte*>(mapped);
    ::madvise(mapped, pages * page, MADV_NOHUGEPAGE);
    if (::madvise(mapped, page, MADV_POPULATE_WRITE) != 0) {
        ::munmap(mapped, pages * page);
        GTEST_SKIP() << "needs Linux 5.14";
    }
    map_ahead(first + 3 * page - 1, 2);
    EXPECT_EQ(resident(mapped, pages),
              (std::vector{true, false, true, true, false, false, false, false}));
    map_ahead(first + 5 * page, 2 * page);
    EXPECT_EQ(resident(mapped, pages),
              (std::vector{true, false, true, true, false, true, true, false}));
    ::munmap(mapped, pages * page);
}

#endif

TEST(memory, mapped_ahead_keeps_its_contents) {
    std::vector<int> numbers(100'000, 7);
    map_ahead(numbers.data(), numbers.size() * sizeof(int));
    EXPECT_EQ(numbers, std::vector<int>(100'000, 7));
}

}  // namespace
}  // namespace coppice::platform
