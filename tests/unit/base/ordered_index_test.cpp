// SPDX-License-Identifier: Apache-2.0
// The index against a list with linear search, in which the last entry fills a hole. Random histories cross
// the size at which the index begins to hash.

#include "base/ordered_index.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Keys with only four different hashes, so that most entries lie away from home.
struct crowded_key {
    std::uint64_t is;
    bool operator==(const crowded_key&) const = default;
};

}  // namespace

template <>
struct std::hash<crowded_key> {
    std::size_t operator()(const crowded_key& key) const noexcept { return key.is % 4; }
};

namespace coppice::base {
namespace {

using index_type = ordered_index<std::uint64_t, int>;
using listed = std::vector<std::pair<std::uint64_t, int>>;

listed content(const index_type& index) {
    listed out;
    for (const auto& [key, value] : index) {
        out.emplace_back(key, value);
    }
    return out;
}

class model {
  public:
    bool insert(std::uint64_t key, int value) {
        if (find(key) != nullptr) {
            return false;
        }
        entries.emplace_back(key, value);
        return true;
    }
    bool erase(std::uint64_t key) {
        for (auto& each : entries) {
            if (each.first == key) {
                each = entries.back();
                entries.pop_back();
                return true;
            }
        }
        return false;
    }
    int* find(std::uint64_t key) {
        for (auto& each : entries) {
            if (each.first == key) {
                return &each.second;
            }
        }
        return nullptr;
    }
    listed entries;
};

TEST(ordered_index, is_empty_at_first) {
    index_type index;
    EXPECT_TRUE(index.empty());
    EXPECT_EQ(index.size(), 0U);
    EXPECT_EQ(index.find(1), nullptr);
    EXPECT_FALSE(index.contains(1));
    EXPECT_FALSE(index.erase(1));
    EXPECT_EQ(index.begin(), index.end());
}

TEST(ordered_index, keeps_the_first_value_of_a_key) {
    index_type index;
    EXPECT_TRUE(index.insert(7, 1));
    EXPECT_FALSE(index.insert(7, 2));
    EXPECT_EQ(*index.find(7), 1);
    *index.find(7) = 3;
    EXPECT_EQ(*index.find(7), 3);
    EXPECT_EQ(index.size(), 1U);
}

TEST(ordered_index, finds_every_key_around_the_size_where_hashing_begins) {
    for (const std::uint64_t size : {1U, 15U, 16U, 17U, 18U, 200U}) {
        SCOPED_TRACE(size);
        index_type index;
        for (std::uint64_t key = 0; key < size; ++key) {
            EXPECT_TRUE(index.insert(key * 1000, static_cast<int>(key)));
        }
        for (std::uint64_t key = 0; key < size; ++key) {
            ASSERT_NE(index.find(key * 1000), nullptr);
            EXPECT_EQ(*index.find(key * 1000), static_cast<int>(key));
            EXPECT_FALSE(index.insert(key * 1000, -1));
        }
        EXPECT_EQ(index.find(1), nullptr);
        for (std::uint64_t key = 0; key < size; ++key) {
            EXPECT_TRUE(index.erase(key * 1000));
            EXPECT_FALSE(index.erase(key * 1000));
        }
        EXPECT_TRUE(index.empty());
    }
}

TEST(ordered_index, iterates_in_the_order_of_insertion_until_something_is_erased) {
    index_type index;
    for (std::uint64_t key = 100; key > 0; --key) {
        index.insert(key, 0);
    }
    std::uint64_t expected = 100;
    for (const auto& [key, value] : index) {
        EXPECT_EQ(key, expected--);
    }
}

TEST(ordered_index, erases_an_entry_named_by_its_own_key) {
    ordered_index<std::string, int> index;
    for (int i = 0; i < 40; ++i) {
        index.insert("a key that is too long to be kept inside its string " + std::to_string(i), i);
    }
    while (!index.empty()) {
        const std::size_t before = index.size();
        EXPECT_TRUE(index.erase(index.begin()->key));
        EXPECT_EQ(index.size(), before - 1);
    }
}

TEST(ordered_index, holds_values_that_can_only_be_moved) {
    ordered_index<int, std::unique_ptr<int>> index;
    for (int i = 0; i < 30; ++i) {
        index.insert(i, std::make_unique<int>(i));
    }
    index.erase(0);
    for (int i = 1; i < 30; ++i) {
        EXPECT_EQ(**index.find(i), i);
    }
}

TEST(ordered_index, has_the_size_of_a_pointer_and_is_null_after_its_last_erase) {
    EXPECT_EQ(sizeof(index_type), sizeof(void*));
    for (const std::uint64_t size : {1U, 2U, 17U}) {
        index_type index;
        for (std::uint64_t key = 0; key < size; ++key) {
            index.insert(key, 0);
        }
        EXPECT_FALSE(index.empty());
        for (std::uint64_t key = 0; key < size; ++key) {
            index.erase(key);
        }
        EXPECT_TRUE(index.empty());
        EXPECT_EQ(index.begin(), nullptr);
    }
}

TEST(ordered_index, gives_all_entries_to_the_target_of_a_move) {
    ordered_index<int, std::unique_ptr<int>> from;
    for (int i = 0; i < 20; ++i) {
        from.insert(i, std::make_unique<int>(i));
    }
    ordered_index<int, std::unique_ptr<int>> to;
    to.insert(100, std::make_unique<int>(100));
    to = std::exchange(from, {});
    EXPECT_TRUE(from.empty());
    EXPECT_EQ(to.size(), 20U);
    EXPECT_EQ(**to.find(19), 19);
    EXPECT_FALSE(to.contains(100));
}

TEST(ordered_index, returns_the_value_of_a_taken_entry) {
    ordered_index<int, std::unique_ptr<int>> index;
    EXPECT_FALSE(index.take(1).has_value());
    index.insert(1, std::make_unique<int>(10));
    index.insert(2, std::make_unique<int>(20));
    EXPECT_EQ(**index.take(1), 10);
    EXPECT_FALSE(index.contains(1));
    EXPECT_EQ(**index.find(2), 20);
}

TEST(ordered_index, finds_keys_whose_hashes_are_the_same) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        ordered_index<crowded_key, std::uint64_t> index;
        model expected;
        for (int step = 0; step < 2000; ++step) {
            const std::uint64_t key = random() % 100;
            if (random() % 2 == 0) {
                ASSERT_EQ(index.insert({key}, key), expected.insert(key, 0));
            } else {
                ASSERT_EQ(index.erase({key}), expected.erase(key));
            }
            for (std::uint64_t each = 0; each < 100; ++each) {
                ASSERT_EQ(index.contains({each}), expected.find(each) != nullptr) << each;
            }
        }
    }
}

TEST(ordered_index, matches_the_model_in_random_histories) {
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        const std::uint64_t keys = 4 + random() % 60;  // few keys: small, many: hashed
        index_type index;
        model expected;
        for (int step = 0; step < 1500; ++step) {
            const std::uint64_t key = random() % keys;
            switch (random() % 4) {
                case 0:
                case 1:
                    ASSERT_EQ(index.insert(key, step), expected.insert(key, step));
                    break;
                case 2:
                    ASSERT_EQ(index.erase(key), expected.erase(key));
                    break;
                default:
                    const int* found = index.find(key);
                    const int* wanted = expected.find(key);
                    ASSERT_EQ(found == nullptr, wanted == nullptr);
                    ASSERT_TRUE(found == nullptr || *found == *wanted);
            }
            ASSERT_EQ(index.size(), expected.entries.size());
            ASSERT_EQ(content(index), expected.entries);
        }
    }
}

}  // namespace
}  // namespace coppice::base
