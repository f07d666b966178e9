// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <atomic>

#include "support/worlds.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

struct idle {};

/// Keeps its thread until the test lets go.
struct stuck {
    struct begin {};
    void handle_cast(begin) {
        began = true;
        while (!let_go.load()) {
        }
    }
    static inline std::atomic<bool> began{false};
    static inline std::atomic<bool> let_go{false};
};

TEST(tree_snapshot, names_children_in_start_order_with_what_they_are) {
    run_everywhere([]() -> task<> {
        const auto started = co_await supervisor::start_link(
            children(child<idle>().name("first"),
                     child_supervisor("below", children(child<idle>())), child<idle>().id("third")),
            {.strategy = rest_for_one, .name = "top"});
        const tree_node tree = co_await snapshot(started.process());
        EXPECT_EQ(tree.id, "top");
        EXPECT_EQ(tree.strategy, "rest_for_one");
        EXPECT_EQ(tree.children.size(), 3U);
        EXPECT_EQ(tree.children[0].name, "first");
        EXPECT_EQ(tree.children[1].type, child_type::supervisor);
        EXPECT_EQ(tree.children[1].children.size(), 1U);
        EXPECT_EQ(tree.children[2].id, "third");
        EXPECT_FALSE(tree.busy);
        co_await stop(started.process());
    });
}

TEST(tree_snapshot, does_not_wait_for_a_process_in_the_middle_of_a_turn) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    world.start();
    stuck::began = stuck::let_go = false;
    tree_node tree;
    const exit_reason why = world.run([&tree]() -> task<> {
        const auto started = co_await supervisor::start_link(
            children(child<stuck>().name("stuck"), child<idle>().id("other")), {.name = "top"});
        server<stuck>{"stuck"}.cast(stuck::begin{});
        while (!stuck::began) {
            co_await yield();
        }
        tree = co_await snapshot(started.process(), 50ms);
        stuck::let_go = true;
        co_await stop(started.process());
    });
    EXPECT_EQ(why, reason::normal);
    ASSERT_EQ(tree.children.size(), 2U);
    EXPECT_TRUE(tree.children[0].busy);
    EXPECT_TRUE(world.stop());
}

}  // namespace
}  // namespace coppice::test
