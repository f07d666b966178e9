// SPDX-License-Identifier: Apache-2.0
// Links and monitors of one process when an entry finds no memory.

#include "process/bonds.hpp"
#include "support/scarce_memory.hpp"

namespace coppice::test {
namespace {

TEST(lack_of_memory, leaves_the_name_of_a_monitor_to_the_signal) {
    constexpr pid watching{1, 2, 1};
    constexpr std::uint64_t tag = 7;
    process_layer::bonds own;
    auto name = std::make_unique<std::string>("database");

    shortage none{1, 1};
    none.begin();
    EXPECT_THROW(own.watched_by(tag, watching, false, name), std::bad_alloc);
    EXPECT_TRUE(none.end());
    EXPECT_TRUE(own.watchers().empty());
    ASSERT_NE(name, nullptr);

    own.watched_by(tag, watching, false, name);
    std::string told;
    own.end([](std::uint64_t, const pid&) {}, [](const pid&) {},
            [&](std::uint64_t, const process_layer::bonds::watcher& each) { told = *each.name; });
    EXPECT_EQ(told, "database");
}

}  // namespace
}  // namespace coppice::test
