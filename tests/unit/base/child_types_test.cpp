// SPDX-License-Identifier: Apache-2.0
#include "coppice/child_types.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

using namespace std::chrono_literals;

TEST(child_types, print_in_the_spelling_of_otp) {
    EXPECT_EQ(to_string(permanent), "permanent");
    EXPECT_EQ(to_string(transient), "transient");
    EXPECT_EQ(to_string(temporary), "temporary");
    EXPECT_EQ(to_string(child_type::worker), "worker");
    EXPECT_EQ(to_string(child_type::supervisor), "supervisor");
    EXPECT_EQ(to_string(one_for_one), "one_for_one");
    EXPECT_EQ(to_string(one_for_all), "one_for_all");
    EXPECT_EQ(to_string(rest_for_one), "rest_for_one");
    EXPECT_EQ(to_string(auto_shutdown_mode::never), "never");
    EXPECT_EQ(to_string(auto_shutdown_mode::any_significant), "any_significant");
    EXPECT_EQ(to_string(auto_shutdown_mode::all_significant), "all_significant");
    EXPECT_EQ(to_string(child_status::stopped), "undefined");
    EXPECT_EQ(to_string(child_status::running), "alive");
    EXPECT_EQ(to_string(child_status::restarting), "restarting");
}

TEST(child_types, print_a_question_mark_for_an_invalid_value) {
    EXPECT_EQ(to_string(static_cast<restart_type>(3)), "?");
    EXPECT_EQ(to_string(static_cast<restart_strategy>(3)), "?");
    EXPECT_EQ(to_string(static_cast<auto_shutdown_mode>(3)), "?");
    EXPECT_EQ(to_string(static_cast<child_status>(3)), "?");
}

TEST(shutdown_limit, is_a_time_or_one_of_two_words) {
    EXPECT_TRUE(brutal_kill.is_brutal_kill());
    EXPECT_FALSE(brutal_kill.is_infinity());
    EXPECT_TRUE(infinity.is_infinity());
    EXPECT_FALSE(infinity.is_brutal_kill());
    constexpr shutdown_limit two_seconds = 2s;
    EXPECT_FALSE(two_seconds.is_brutal_kill());
    EXPECT_FALSE(two_seconds.is_infinity());
    EXPECT_EQ(two_seconds.value(), 2000ms);
    EXPECT_EQ(two_seconds, shutdown_limit{2000ms});
    EXPECT_NE(two_seconds, shutdown_limit{2001ms});
}

TEST(shutdown_limit, may_be_zero_but_not_less) {
    EXPECT_TRUE(shutdown_limit{0ms}.is_valid());
    EXPECT_FALSE(shutdown_limit{-1ms}.is_valid());
    EXPECT_TRUE(brutal_kill.is_valid());
    EXPECT_TRUE(infinity.is_valid());
}

TEST(shutdown_limit, counts_whole_milliseconds_rounded_up) {
    EXPECT_EQ(shutdown_limit{0us}.value(), 0ms);
    EXPECT_EQ(shutdown_limit{1us}.value(), 1ms);
    EXPECT_EQ(shutdown_limit{1000us}.value(), 1ms);
    EXPECT_EQ(shutdown_limit{1001us}.value(), 2ms);
}

TEST(shutdown_limit, prints_its_milliseconds_or_its_word) {
    EXPECT_EQ(to_string(shutdown_limit{5s}), "5000");
    EXPECT_EQ(to_string(shutdown_limit{0s}), "0");
    EXPECT_EQ(to_string(brutal_kill), "brutal_kill");
    EXPECT_EQ(to_string(infinity), "infinity");
}

}  // namespace
}  // namespace coppice
