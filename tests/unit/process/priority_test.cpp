// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "support/worlds.hpp"

namespace coppice {
namespace {

TEST(priority, is_normal_by_default_and_a_change_returns_the_previous_level) {
    test::run_everywhere([]() -> task<> {
        EXPECT_EQ(priority(priority_level::max), priority_level::normal);
        EXPECT_EQ(priority(priority_level::low), priority_level::max);
        const auto information = co_await process_info(self());
        EXPECT_EQ(information[0].priority, priority_level::low);
        co_await yield();
        EXPECT_EQ(priority(priority_level::high), priority_level::low);
    });
}

TEST(priority, is_not_inherited_by_the_next_process_in_the_slot) {
    test::run_everywhere([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const auto life = spawn_monitor(
                [] { EXPECT_EQ(priority(priority_level::high), priority_level::normal); });
            EXPECT_EQ((co_await receive<down_message>()).monitor, life.monitor);
        }
    });
}

TEST(priority, is_shown_by_its_name) {
    EXPECT_EQ(to_string(priority_level::low), "low");
    EXPECT_EQ(to_string(priority_level::normal), "normal");
    EXPECT_EQ(to_string(priority_level::high), "high");
    EXPECT_EQ(to_string(priority_level::max), "max");
}

}  // namespace
}  // namespace coppice
