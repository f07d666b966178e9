// SPDX-License-Identifier: Apache-2.0
// Goal: a shared text lives as long as its last owner, on any threads.

#include "coppice/detail/shared_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace coppice::detail {
namespace {

TEST(a_shared_text, outlives_the_owner_that_made_it) {
    shared_text copy;
    {
        const shared_text made{"worker_1"};
        copy = made;
        EXPECT_EQ(&copy.str(), &made.str());
    }
    EXPECT_EQ(copy.str(), "worker_1");
}

TEST(a_shared_text, of_nothing_differs_from_an_empty_one) {
    EXPECT_FALSE(shared_text{});
    EXPECT_EQ(shared_text{}.str(), "");
    EXPECT_TRUE(shared_text{""});
    EXPECT_EQ(shared_text{""}.str(), "");
}

TEST(a_shared_text, is_empty_after_a_move) {
    shared_text from{"from"};
    shared_text to{"to"};
    to = std::move(from);
    EXPECT_FALSE(from);  // NOLINT: that it is empty is promised
    EXPECT_EQ(to.str(), "from");
}

TEST(a_shared_text, may_be_of_any_length) {
    for (const std::size_t length : {std::size_t{15}, std::size_t{16}, pool_block_max + 1}) {
        const std::string text(length, 'x');
        EXPECT_EQ(shared_text{text}.str(), text);
    }
}

TEST(a_shared_text, is_freed_once_by_owners_on_many_threads) {
    for (int round = 0; round < 100; ++round) {
        std::vector<std::thread> owners;
        {
            const shared_text made{"shared"};
            for (int i = 0; i < 4; ++i) {
                owners.emplace_back([mine = made] {
                    const shared_text another{mine};
                    EXPECT_EQ(another.str(), "shared");
                });
            }
        }
        for (std::thread& each : owners) {
            each.join();
        }
    }
}

}  // namespace
}  // namespace coppice::detail
