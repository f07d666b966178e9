// SPDX-License-Identifier: Apache-2.0
// The bound of a mailbox: both sides of the limit under each policy, high water, and senders on several threads.

#include "mailbox/bound.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace coppice::mailbox {
namespace {

/// A bound, and the size of a message list.
struct box : bound {
    using bound::bound;
    admission add(sender_kind sender = sender_kind::asks) {
        return admit([this] { return listed; }, sender);
    }
    void take_in(std::size_t count) {
        for (; count > 0; --count) {
            ++listed;
            moved();
        }
    }
    std::size_t listed = 0;
};

TEST(a_bound, takes_as_many_messages_as_the_limit_and_not_one_more) {
    box full{{.limit = 3}};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(full.room(full.listed), 3 - i);
        EXPECT_EQ(full.add(), admission::taken);
    }
    EXPECT_EQ(full.room(full.listed), 0U);
    EXPECT_EQ(full.add(), admission::refused);
    EXPECT_EQ(full.waiting(full.listed), 3U);
}

TEST(a_bound, counts_messages_in_the_list_and_takes_one_more_for_each_that_has_left) {
    box two{{.limit = 2}};
    EXPECT_EQ(two.add(), admission::taken);
    two.take_in(1);
    EXPECT_EQ(two.add(), admission::taken);
    EXPECT_EQ(two.add(), admission::refused);
    --two.listed;
    EXPECT_EQ(two.add(), admission::taken);
    EXPECT_EQ(two.add(), admission::refused);
}

TEST(a_bound, has_the_place_again_of_a_message_that_was_not_pushed) {
    box one{{.limit = 1}};
    EXPECT_EQ(one.add(), admission::taken);
    one.withdraw();
    EXPECT_EQ(one.add(), admission::taken);
}

struct policy_case {
    mailbox_policy policy;
    sender_kind sender;
    admission expected;
    std::uint64_t refused;
    std::uint64_t dropped;
};

TEST(a_full_bound, treats_one_more_message_by_its_policy) {
    using enum sender_kind;
    for (const policy_case& row :
         {policy_case{mailbox_policy::refuse, asks, admission::refused, 1, 0},
          policy_case{mailbox_policy::refuse, insists, admission::refused, 1, 0},
          policy_case{mailbox_policy::wait, asks, admission::refused, 0, 0},
          policy_case{mailbox_policy::wait, insists, admission::over, 0, 0},
          policy_case{mailbox_policy::drop_newest, insists, admission::dropped, 0, 1},
          policy_case{mailbox_policy::drop_oldest, insists, admission::taken, 0, 0},
          policy_case{mailbox_policy::end, insists, admission::over, 0, 0}}) {
        box full{{.limit = 1, .policy = row.policy}};
        EXPECT_EQ(full.add(), admission::taken);
        EXPECT_EQ(full.add(row.sender), row.expected);
        EXPECT_EQ(full.refused(), row.refused);
        EXPECT_EQ(full.dropped(), row.dropped);
    }
}

TEST(a_bound_that_drops_the_oldest, has_the_owner_drop_and_drops_at_twice_the_limit) {
    box two{{.limit = 2, .policy = mailbox_policy::drop_oldest}};
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(two.add(), admission::taken);
    }
    EXPECT_EQ(two.add(), admission::dropped);
    two.take_in(2);
    EXPECT_EQ(two.surplus(two.listed), 0U);
    two.take_in(2);
    EXPECT_EQ(two.surplus(two.listed), 2U);
    two.note_fate(2, 0);
    EXPECT_EQ(two.dropped(), 3U);
}

TEST(a_bound_that_drops_the_oldest, asks_once_for_messages_that_may_not_be_dropped) {
    box two{{.limit = 2, .policy = mailbox_policy::drop_oldest}};
    EXPECT_EQ(two.surplus(5), 3U);
    two.note_fate(1, 2);
    EXPECT_EQ(two.surplus(4), 0U);
    EXPECT_EQ(two.surplus(5), 1U);
    EXPECT_EQ(two.surplus(3), 0U);  // one of the two has left
    EXPECT_EQ(two.surplus(4), 1U);
}

TEST(a_bound_of_any_other_policy, has_no_surplus) {
    for (const mailbox_policy policy : {mailbox_policy::refuse, mailbox_policy::wait,
                                        mailbox_policy::drop_newest, mailbox_policy::end}) {
        box one{{.limit = 1, .policy = policy}};
        EXPECT_EQ(one.surplus(5), 0U);
    }
}

TEST(a_bound_that_ends_its_process, takes_the_first_message_over_the_limit_and_no_other) {
    box one{{.limit = 1, .policy = mailbox_policy::end}};
    EXPECT_EQ(one.add(), admission::taken);
    EXPECT_FALSE(one.has_overflowed());
    EXPECT_EQ(one.add(), admission::over);
    EXPECT_TRUE(one.has_overflowed());
    EXPECT_EQ(one.add(), admission::dropped);
}

TEST(high_water, is_reported_once_until_half_of_the_messages_have_left) {
    box some{{.limit = 10, .high_water = 4}};
    const auto reports_with = [&](std::size_t listed) { return some.is_to_report(listed); };
    EXPECT_FALSE(reports_with(3));
    EXPECT_TRUE(reports_with(4));
    EXPECT_FALSE(reports_with(4));
    EXPECT_FALSE(reports_with(3));
    EXPECT_FALSE(reports_with(4));
    EXPECT_FALSE(reports_with(2));  // half of the mark
    EXPECT_TRUE(reports_with(4));
}

TEST(high_water, of_zero_is_never_reached) {
    box some{{.limit = 2}};
    EXPECT_FALSE(some.is_to_report(0));
    EXPECT_FALSE(some.is_to_report(2));
}

TEST(senders_on_several_threads, never_exceed_the_limit) {
    constexpr std::size_t limit = 100;
    constexpr int threads = 4;
    box shared{{.limit = limit}};
    std::atomic<std::size_t> taken{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < threads; ++i) {
        senders.emplace_back([&] {
            for (std::size_t n = 0; n < limit; ++n) {
                taken += shared.add() == admission::taken ? 1U : 0U;
            }
        });
    }
    for (std::thread& each : senders) {
        each.join();
    }
    EXPECT_EQ(taken.load(), limit);
    EXPECT_EQ(shared.waiting(shared.listed), limit);
}

}  // namespace
}  // namespace coppice::mailbox
