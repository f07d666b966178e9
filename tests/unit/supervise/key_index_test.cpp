// SPDX-License-Identifier: Apache-2.0

#include "supervise/key_index.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace coppice::supervise {
namespace {

child_key find_key(const key_index& index, std::uint32_t hash, child_key wanted) {
    return index.find(hash, [&](child_key key) { return key == wanted; });
}

TEST(key_index, finds_nothing_while_it_is_empty) {
    key_index index;
    EXPECT_EQ(find_key(index, 1, 1), no_child);
    EXPECT_FALSE(index.erase(1, 1));
    index.insert(1, 1);
    EXPECT_TRUE(index.erase(1, 1));
    EXPECT_FALSE(index.erase(1, 1));
    EXPECT_EQ(find_key(index, 1, 1), no_child);
    EXPECT_EQ(index.size(), 0U);
}

TEST(key_index, distinguishes_keys_with_the_same_hash) {
    key_index index;
    for (child_key key = 0; key < 20; ++key) {
        index.insert(7, key);
    }
    EXPECT_EQ(find_key(index, 7, 13), 13U);
    EXPECT_EQ(find_key(index, 7, 20), no_child);
    EXPECT_EQ(find_key(index, 8, 13), no_child) << "the hash is another";
}

TEST(key_index, replaces_the_key_of_an_entry) {
    key_index index;
    index.insert(7, 1);
    index.insert(7, 2);
    index.replace(7, 1, 3);
    EXPECT_EQ(find_key(index, 7, 1), no_child);
    EXPECT_EQ(find_key(index, 7, 2), 2U);
    EXPECT_EQ(find_key(index, 7, 3), 3U);
    EXPECT_EQ(index.size(), 2U);
}

// Open addressing with few hashes, some at the end of the table: entries lie far from their homes, behind
// the wrap-around and behind other entries.
TEST(key_index, matches_the_model_in_random_histories) {
    constexpr child_key key_count = 200;
    std::mt19937 engine{1};
    const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
    key_index index;
    std::map<child_key, std::uint32_t> expected;
    for (int step = 0; step < 20'000; ++step) {
        const child_key key = random() % key_count;
        const auto known = expected.find(key);
        if (known == expected.end()) {
            const std::uint32_t hash = UINT32_MAX - random() % 5;
            index.insert(hash, key);
            expected.emplace(key, hash);
        } else {
            ASSERT_TRUE(index.erase(known->second, key));
            expected.erase(known);
        }
        const child_key asked = random() % key_count;
        const auto there = expected.find(asked);
        for (std::uint32_t hash = UINT32_MAX - 4; hash != 0; ++hash) {
            const bool is_it = there != expected.end() && there->second == hash;
            ASSERT_EQ(find_key(index, hash, asked), is_it ? asked : no_child) << "step " << step;
        }
        ASSERT_EQ(index.size(), expected.size());
    }
}

TEST(hash_of, keeps_sixteen_neighbours_in_the_process_table_together) {
    const std::uint32_t first = hash_of(pid{1, 32, 1});
    EXPECT_EQ(hash_of(pid{1, 47, 1}), first + 15);
    EXPECT_NE(hash_of(pid{1, 48, 1}), first + 16);
}

TEST(hash_of, is_the_same_for_all_pids_of_one_slot) {
    EXPECT_EQ(hash_of(pid{1, 48, 1}), hash_of(pid{1, 48, 2}));
}

TEST(hash_of, scatters_pids_at_any_distance) {
    constexpr std::uint32_t table = 4096;
    for (std::uint32_t distance = 16; distance <= 1U << 14U; distance *= 2) {
        std::set<std::uint32_t> homes;
        for (std::uint32_t i = 0; i < 1000; ++i) {
            homes.insert(hash_of(pid{1, i * distance, 1}) % table);
        }
        // Only one of 16 places can be a home of such pids: 256 places in a table of 4096.
        EXPECT_GE(homes.size(), 200U) << "distance " << distance;
    }
}

}  // namespace
}  // namespace coppice::supervise
