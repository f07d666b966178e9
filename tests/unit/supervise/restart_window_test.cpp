// SPDX-License-Identifier: Apache-2.0

#include "supervise/restart_window.hpp"

#include <gtest/gtest.h>

namespace coppice::supervise {
namespace {

TEST(restart_window, allows_max_restarts_and_not_one_more) {
    restart_window window{3, 5};
    EXPECT_TRUE(window.account(100));
    EXPECT_TRUE(window.account(100));
    EXPECT_TRUE(window.account(100));
    EXPECT_FALSE(window.account(100));
}

TEST(restart_window, with_no_restarts_allowed_refuses_the_first) {
    restart_window window{0, 5};
    EXPECT_FALSE(window.account(1));
}

TEST(restart_window, still_counts_a_restart_that_is_exactly_the_period_old) {
    restart_window window{1, 5};
    EXPECT_TRUE(window.account(10));
    EXPECT_FALSE(window.account(15));
}

TEST(restart_window, forgets_a_restart_that_is_a_second_older_than_the_period) {
    restart_window window{1, 5};
    EXPECT_TRUE(window.account(10));
    EXPECT_TRUE(window.account(16));
}

TEST(restart_window, forgets_each_restart_at_its_own_time) {
    restart_window window{2, 2};
    EXPECT_TRUE(window.account(1));
    EXPECT_TRUE(window.account(3));
    EXPECT_TRUE(window.account(4));  // 1 is out, 3 is in
    EXPECT_EQ(window.recent(), 2);
    EXPECT_FALSE(window.account(5));  // 3 is just in
}

TEST(restart_window, keeps_no_more_than_a_count_a_second_however_many_restarts_there_are) {
    restart_window window{1'000'000, 5};
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_TRUE(window.account(7));
    }
    EXPECT_EQ(window.recent(), 100'000);
    EXPECT_TRUE(window.account(13));
    EXPECT_EQ(window.recent(), 1);
}

}  // namespace
}  // namespace coppice::supervise
