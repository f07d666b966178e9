// SPDX-License-Identifier: Apache-2.0

#include "time/owner_lists.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <set>

namespace coppice::time {
namespace {

std::set<const timer_node*> timers_of(const owner_lists& lists, std::uint64_t owner) {
    std::set<const timer_node*> found;
    if (const owner_list* list = lists.find(owner)) {
        for (const timer_node* each = list->first; each != nullptr; each = each->next_of_owner) {
            found.insert(each);
        }
    }
    return found;
}

TEST(owner_lists, is_empty_at_first) {
    const owner_lists lists;
    EXPECT_EQ(lists.find(1), nullptr);
}

TEST(owner_lists, has_as_many_as_were_made_and_not_dropped) {
    owner_lists lists;
    lists.of(1);
    lists.of(2);
    lists.of(1);
    EXPECT_EQ(lists.size(), 2U);
    lists.drop(1);
    EXPECT_EQ(lists.size(), 1U);
    lists.drop(2);
    EXPECT_EQ(lists.size(), 0U);
}

TEST(owner_lists, removes_the_first_the_last_and_a_middle_timer) {
    for (const std::size_t leaving : {0U, 1U, 2U}) {
        SCOPED_TRACE(leaving);
        owner_lists lists;
        std::array<timer_node, 3> timers;
        std::set<const timer_node*> expected;
        for (timer_node& each : timers) {
            lists.of(7).join(each);
            expected.insert(&each);
        }
        owner_list::leave(timers.at(leaving));
        EXPECT_EQ(timers.at(leaving).link_of_owner, nullptr);
        expected.erase(&timers.at(leaving));
        EXPECT_EQ(timers_of(lists, 7), expected);
    }
}

TEST(owner_lists, lets_a_timer_rejoin_after_leaving) {
    owner_lists lists;
    timer_node timer;
    for (int i = 0; i < 3; ++i) {
        lists.of(7).join(timer);
        EXPECT_EQ(timers_of(lists, 7).size(), 1U);
        owner_list::leave(timer);
        EXPECT_TRUE(timers_of(lists, 7).empty());
    }
}

TEST(owner_lists, keeps_thousands_of_owners_apart_and_forgets_dropped_ones) {
    constexpr std::uint64_t owners = 5000;
    constexpr std::uint64_t step = (std::uint64_t{1} << 32U) + 16;  // alike in the lowest bits
    owner_lists lists;
    std::deque<timer_node> timers(owners);
    for (std::uint64_t i = 0; i < owners; ++i) {
        lists.of(1 + i * step).join(timers[i]);
    }
    for (std::uint64_t i = 0; i < owners; i += 2) {
        owner_list::leave(timers[i]);
        lists.drop(1 + i * step);
    }
    for (std::uint64_t i = 0; i < owners; ++i) {
        const owner_list* list = lists.find(1 + i * step);
        ASSERT_EQ(list == nullptr, i % 2 == 0);
        ASSERT_EQ(list == nullptr ? nullptr : list->first, i % 2 == 0 ? nullptr : &timers[i]);
    }
}

}  // namespace
}  // namespace coppice::time
