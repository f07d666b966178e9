// SPDX-License-Identifier: Apache-2.0
// Places of members, and the numbers that are given again.

#include "coppice/detail/member_places.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

pid process(std::uint32_t index) {
    return pid{0, index, 1};
}

TEST(member_places, are_numbered_from_zero_and_stay_with_the_process) {
    detail::member_places places;
    EXPECT_EQ(places.find(process(7)), detail::member_places::none);
    EXPECT_EQ(places.place_for(process(7)), 0U);
    EXPECT_EQ(places.place_for(process(8)), 1U);
    EXPECT_EQ(places.place_for(process(7)), 0U);
    EXPECT_EQ(places.find(process(8)), 1U);
}

TEST(member_places, are_given_again_once_free) {
    detail::member_places places;
    for (std::uint32_t index = 0; index < 100; ++index) {
        EXPECT_EQ(places.place_for(process(index)), index);
    }
    places.free_place_of(process(3));
    places.free_place_of(process(50));
    EXPECT_EQ(places.find(process(3)), detail::member_places::none);
    EXPECT_EQ(places.place_for(process(100)), 50U);
    EXPECT_EQ(places.place_for(process(101)), 3U);
    EXPECT_EQ(places.place_for(process(102)), 100U);
}

}  // namespace
}  // namespace coppice
