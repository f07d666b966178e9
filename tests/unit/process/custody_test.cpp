// SPDX-License-Identifier: Apache-2.0
// Two real threads: a turn that leaves and enters custody, and a sentinel that takes custody over.

#include "process/custody.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace coppice::process_layer {
namespace {

TEST(custody, is_not_given_while_the_turn_is_inside) {
    custody of;
    EXPECT_FALSE(of.take());
    of.leave();
    EXPECT_TRUE(of.take());
    of.give_back();
    EXPECT_TRUE(of.enter());
    EXPECT_FALSE(of.take());
}

TEST(custody, that_was_lost_admits_no_thread_until_it_begins_anew) {
    custody of;
    of.leave();
    ASSERT_TRUE(of.take());
    of.keep();
    EXPECT_TRUE(of.is_lost());
    EXPECT_FALSE(of.take());
    EXPECT_FALSE(static_cast<bool>(custody::hold{of}));
    EXPECT_FALSE(of.enter());
    of.begin_anew();
    EXPECT_TRUE(static_cast<bool>(custody::hold{of}));
}

TEST(custody, hold_leaves_only_a_custody_that_it_entered) {
    custody of;
    {
        const custody::hold nested{of};
    }
    EXPECT_FALSE(of.take());
    of.leave();
    {
        const custody::hold outer{of};
    }
    EXPECT_TRUE(of.take());
}

TEST(custody, has_one_holder_at_a_time_even_across_two_lives) {
    constexpr long times = 60;
    custody of;
    long guarded = 0;  // counts every holder of custody
    long entered = 0;
    long taken = 0;
    std::atomic<long> tries{0};
    std::atomic<bool> stop{false};
    std::thread sentinel{[&] {
        for (; taken < times; ++tries) {
            if (of.take()) {
                ++guarded;
                taken % 3 == 0 ? of.keep() : of.give_back();
                ++taken;
            }
        }
        stop = true;
    }};
    while (!stop) {
        of.leave();
        // Stay outside for zero, one or two tries of the sentinel; without the
        // wait the sentinel hardly ever succeeds.
        for (const long seen = tries; tries - seen < entered % 3 && !stop;) {
            std::this_thread::yield();
        }
        if (!of.enter()) {
            of.begin_anew();
        }
        ++guarded;
        ++entered;
    }
    sentinel.join();
    EXPECT_EQ(guarded, entered + taken);
}

}  // namespace
}  // namespace coppice::process_layer
