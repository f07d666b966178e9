// SPDX-License-Identifier: Apache-2.0
// The bound of a mailbox: both sides of the limit under each policy, high water, and senders on several threads.

#include "mailbox/bound.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace coppice::mailbox {
namespace {

TEST(a_bound, takes_as_many_messages_as_the_limit_and_not_one_more) {
    bound full{3, 3, overflow::refuse};
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(full.is_full());
        EXPECT_EQ(full.admit(), admission::taken);
    }
    EXPECT_TRUE(full.is_full());
    EXPECT_EQ(full.admit(), admission::refused);
    EXPECT_EQ(full.waiting(), 3U);
}

TEST(a_bound, takes_one_more_for_each_message_that_has_left) {
    bound one{1, 1, overflow::wait};
    EXPECT_EQ(one.admit(), admission::taken);
    EXPECT_EQ(one.admit(), admission::refused);
    one.left(1);
    EXPECT_EQ(one.admit(), admission::taken);
}

TEST(a_bound, has_the_place_again_of_a_message_that_was_not_pushed) {
    bound one{1, 1, overflow::refuse};
    EXPECT_EQ(one.admit(), admission::taken);
    one.withdraw();
    EXPECT_EQ(one.admit(), admission::taken);
}

struct policy_case {
    overflow policy;
    admission expected;
    std::uint64_t dropped;
};

TEST(a_full_bound, treats_one_more_message_by_its_policy) {
    for (const policy_case& row : {policy_case{overflow::refuse, admission::refused, 0},
                                   policy_case{overflow::wait, admission::refused, 0},
                                   policy_case{overflow::newest, admission::dropped, 1},
                                   policy_case{overflow::oldest, admission::taken, 0},
                                   policy_case{overflow::end, admission::fatal, 0}}) {
        bound full{1, 1, row.policy};
        EXPECT_EQ(full.admit(), admission::taken);
        EXPECT_EQ(full.admit(), row.expected);
        EXPECT_EQ(full.dropped(), row.dropped);
    }
}

TEST(a_bound_that_drops_the_oldest, has_the_owner_drop_what_is_over_the_limit) {
    bound two{2, 2, overflow::oldest};
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(two.admit(), admission::taken);
    }
    EXPECT_EQ(two.surplus(2), 0U);
    EXPECT_EQ(two.surplus(5), 3U);
    two.left(3, 3);
    EXPECT_EQ(two.dropped(), 3U);
    EXPECT_EQ(two.waiting(), 2U);
}

TEST(a_bound_of_any_other_policy, has_no_surplus) {
    for (const overflow policy :
         {overflow::refuse, overflow::wait, overflow::newest, overflow::end}) {
        const bound one{1, 1, policy};
        EXPECT_EQ(one.surplus(5), 0U);
    }
}

TEST(high_water, is_reported_once_until_half_of_the_messages_have_left) {
    bound some{10, 4, overflow::refuse};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(some.admit(), admission::taken);
        EXPECT_FALSE(some.is_to_report());
    }
    EXPECT_EQ(some.admit(), admission::taken);
    EXPECT_TRUE(some.is_to_report());
    EXPECT_FALSE(some.is_to_report());
    some.left(1);  // 3 of 4
    EXPECT_FALSE(some.is_to_report());
    EXPECT_EQ(some.admit(), admission::taken);
    EXPECT_FALSE(some.is_to_report());
    some.left(2);  // half of the mark
    EXPECT_FALSE(some.is_to_report());
    EXPECT_EQ(some.admit(), admission::taken);
    EXPECT_EQ(some.admit(), admission::taken);
    EXPECT_TRUE(some.is_to_report());
}

TEST(senders_on_several_threads, never_exceed_the_limit) {
    constexpr std::size_t limit = 100;
    constexpr int threads = 4;
    bound shared{limit, limit, overflow::refuse};
    std::atomic<std::size_t> taken{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < threads; ++i) {
        senders.emplace_back([&] {
            for (std::size_t n = 0; n < limit; ++n) {
                taken += shared.admit() == admission::taken ? 1U : 0U;
            }
        });
    }
    for (std::thread& each : senders) {
        each.join();
    }
    EXPECT_EQ(taken.load(), limit);
    EXPECT_EQ(shared.waiting(), limit);
}

}  // namespace
}  // namespace coppice::mailbox
