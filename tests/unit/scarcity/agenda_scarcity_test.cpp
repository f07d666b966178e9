// SPDX-License-Identifier: Apache-2.0
// The order of timers of which some arrived when there was no memory for a wheel.

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "support/scarce_memory.hpp"
#include "time/agenda.hpp"

namespace coppice::time {
namespace {

constexpr std::size_t enough_for_a_wheel = 20;

TEST(lack_of_memory, leaves_two_timers_of_one_deadline_in_their_order) {
    agenda timers;
    std::array<timer_node, enough_for_a_wheel> soon;
    nanoseconds deadline{0};
    for (timer_node& each : soon) {
        each.deadline = deadline++;
        timers.add(each);
    }
    timers.remove(soon.front());  // the search for the next first timer needs a wheel
    EXPECT_EQ(timers.first(), &soon.at(1));
    EXPECT_NE(soon.at(1).home, nullptr);

    constexpr nanoseconds late = std::chrono::hours{1};
    timer_node older;
    timer_node younger;
    older.deadline = younger.deadline = late;
    test::shortage none{1, 1};
    none.begin();
    timers.add(older);
    EXPECT_TRUE(none.end());
    timers.add(younger);
    EXPECT_EQ(older.home, nullptr);
    EXPECT_NE(younger.home, nullptr);

    for (std::size_t i = 1; i < soon.size(); ++i) {
        timers.remove(soon.at(i));
    }
    EXPECT_EQ(timers.first(), &older);
    timers.remove(older);
    EXPECT_EQ(timers.first(), &younger);
    timers.remove(younger);
    EXPECT_TRUE(timers.empty());
}

}  // namespace
}  // namespace coppice::time
