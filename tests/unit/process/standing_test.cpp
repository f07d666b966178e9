// SPDX-License-Identifier: Apache-2.0
// The two bytes of back-pressure: the toll of a receiver, and the standing of a process.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "process/backlog.hpp"

namespace coppice::process_layer {
namespace {

std::uint8_t toll_for(std::size_t queued, bool is_followed) {
    send_toll out;
    out.set_for(queued, is_followed);
    return out.now();
}

TEST(send_toll, is_one_for_32_messages_and_254_at_most) {
    EXPECT_EQ(toll_for(31, false), 0);
    EXPECT_EQ(toll_for(32, false), 1);
    EXPECT_EQ(toll_for(8127, false), 253);
    EXPECT_EQ(toll_for(8128, false), 254);
    EXPECT_EQ(toll_for(1'000'000, false), 254);
}

TEST(send_toll, of_a_followed_receiver_is_at_least_one) {
    EXPECT_EQ(toll_for(0, true), 1);
    EXPECT_EQ(toll_for(64, true), 2);
}

TEST(standing, rounds_the_debt_down_to_units_of_8_up_to_31_units) {
    standing of;
    for (const auto& [owed, kept] :
         {std::pair{7U, 0U}, {8U, 8U}, {15U, 8U}, {247U, 240U}, {248U, 248U}, {1000U, 248U}}) {
        of.owe(owed);
        EXPECT_EQ(of.debt(), kept);
    }
}

TEST(standing, keeps_that_the_process_follows_when_its_debt_changes) {
    standing of;
    of.begin_owing();
    of.begin_following();
    of.owe(16);
    EXPECT_TRUE(of.is_following());
    EXPECT_EQ(of.debt(), 16U);
    of.stop_following();
    of.owe(0);
    EXPECT_FALSE(of.is_entangled());
}

TEST(standing, of_the_next_life_keeps_the_followers_alone) {
    standing of;
    of.flag().fetch_or(followers::raised);
    of.begin_following();
    of.owe(80);
    of.leave();
    EXPECT_TRUE(of.is_followed());
    EXPECT_TRUE(of.is_followed_at_rest());
    EXPECT_FALSE(of.is_following());
    EXPECT_EQ(of.debt(), 0U);
}

}  // namespace
}  // namespace coppice::process_layer
