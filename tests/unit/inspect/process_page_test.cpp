// SPDX-License-Identifier: Apache-2.0

#include "inspect/process_page.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace coppice::inspect {
namespace {

constexpr std::uint32_t count = 1000;

/// The pids of one page of many processes; groups of seven have the same queue length.
std::vector<std::uint32_t> page_of(const char* key, bool descending, std::size_t offset,
                                   std::size_t limit) {
    process_page page{order_by(key), descending, offset, limit};
    for (std::uint32_t i = 0; i < count; ++i) {
        process_glance seen;
        const std::uint32_t index = i * 37 % count;  // each index once, in no order
        seen.process = pid{1, index, 1};
        seen.message_queue_len = index / 7;
        page.add(seen);
    }
    EXPECT_EQ(page.added(), count);
    std::vector<std::uint32_t> out;
    for (const process_glance& each : page.take()) {
        out.push_back(each.process.index());
    }
    return out;
}

TEST(pages_of_processes, show_each_process_once_despite_equal_keys) {
    for (const bool descending : {false, true}) {
        for (const std::size_t limit : {1U, 10U, 999U, 1000U}) {
            std::vector<std::uint32_t> all;
            for (std::size_t offset = 0; offset < count; offset += limit) {
                const std::vector<std::uint32_t> page = page_of("queue", descending, offset, limit);
                all.insert(all.end(), page.begin(), page.end());
            }
            EXPECT_EQ(all, page_of("queue", descending, 0, count)) << limit;
        }
    }
}

TEST(pages_of_processes, are_sorted_and_equal_keys_by_pid) {
    EXPECT_EQ(page_of("queue", false, 5, 4), (std::vector<std::uint32_t>{5, 6, 7, 8}));
    // The last two queue lengths have six and seven processes.
    EXPECT_EQ(page_of("queue", true, 4, 4), (std::vector<std::uint32_t>{998, 999, 987, 988}));
    EXPECT_EQ(page_of("pid", true, 0, 2), (std::vector<std::uint32_t>{999, 998}));
}

TEST(pages_of_processes, end_with_the_last_process) {
    EXPECT_EQ(page_of("pid", false, 998, 10), (std::vector<std::uint32_t>{998, 999}));
    EXPECT_TRUE(page_of("pid", false, 1000, 10).empty());
    EXPECT_TRUE(page_of("pid", false, SIZE_MAX, SIZE_MAX).empty());
}

}  // namespace
}  // namespace coppice::inspect
