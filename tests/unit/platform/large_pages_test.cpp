// SPDX-License-Identifier: Apache-2.0
// Goal: memory for large pages begins at a large-page boundary, is fully usable,
// and is refused like other memory.

#include "platform/large_pages.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace coppice::platform {
namespace {

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

}  // namespace
}  // namespace coppice::platform
