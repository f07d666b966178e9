// SPDX-License-Identifier: Apache-2.0
// The marks for names and timers, and Dekker's algorithm between a giver of names and an end.

#include "process/claims.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace coppice::process_layer {
namespace {

TEST(claims, of_a_new_life_are_none) {
    claims of;
    of.mark_named();
    of.mark_timed(3);
    of.begin_dying();
    of.begin_anew();
    EXPECT_FALSE(of.may_be_named());
    EXPECT_EQ(of.timer_shard(), std::nullopt);
    EXPECT_FALSE(of.is_dying());
}

TEST(claims, keep_the_shard_of_the_first_timer) {
    claims of;
    EXPECT_EQ(of.mark_timed(5), 5U);
    EXPECT_EQ(of.mark_timed(6), 5U);
    EXPECT_EQ(of.timer_shard(), 5U);
    EXPECT_FALSE(of.may_be_named());
}

TEST(claims, know_each_of_127_shards_and_share_the_first_with_the_next) {
    for (unsigned shard = 0; shard < 127; ++shard) {
        claims of;
        EXPECT_EQ(of.mark_timed(shard), shard);
    }
    claims of;
    EXPECT_EQ(of.mark_timed(127), 0U);
}

TEST(claims, of_a_name_leave_the_timers_alone) {
    claims of;
    of.mark_timed(2);
    of.mark_named();
    EXPECT_TRUE(of.may_be_named());
    EXPECT_EQ(of.timer_shard(), 2U);
}

TEST(claims, let_the_giver_or_the_end_see_the_other) {
    constexpr int times = 500;
    for (int i = 0; i < times; ++i) {
        claims of;
        std::atomic<int> ready{0};
        const auto meet = [&] {
            ready.fetch_add(1);
            while (ready.load() < 2) {
                std::this_thread::yield();
            }
        };
        bool giver_sees = false;
        std::thread giver{[&] {
            meet();
            of.mark_named();
            giver_sees = of.is_dying();
        }};
        meet();
        of.begin_dying();
        const bool end_sees = of.may_be_named();
        giver.join();
        EXPECT_TRUE(giver_sees || end_sees);
    }
}

}  // namespace
}  // namespace coppice::process_layer
