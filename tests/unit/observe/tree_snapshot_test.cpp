// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <atomic>

#include "support/worlds.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

struct idle {};

/// Keeps its thread until the test releases the handler.
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

TEST(tree_snapshot, lists_children_in_start_order_with_names_and_types) {
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

TEST(tree_snapshot, shows_restarts_and_the_last_exit_of_a_child) {
    run_everywhere([]() -> task<> {
        const auto started = co_await supervisor::start_link(
            children(child<idle>().id("1").name("first"), child<idle>().id("2").name("second")),
            {.strategy = one_for_all, .max_restarts = 5, .max_seconds = 60s, .name = "top"});
        const tree_node before = co_await snapshot(started.process());
        EXPECT_EQ(before.children[0].last_exit, std::nullopt);
        EXPECT_EQ(before.children[0].times_restarted, 0);
        EXPECT_EQ(before.window_restarts, 0);
        EXPECT_EQ(before.max_restarts, 5);
        EXPECT_EQ(before.max_seconds, 60s);
        const pid first = whereis("first");
        exit(first, "wiped");
        auto ending = end_of(first);
        co_await ending;
        const tree_node after = co_await snapshot(started.process());
        EXPECT_EQ(after.children[0].last_exit, exit_reason{"wiped"});
        EXPECT_EQ(after.children[0].times_restarted, 1);
        EXPECT_EQ(after.children[1].last_exit, reason::shutdown);
        EXPECT_EQ(after.children[1].times_restarted, 1);
        EXPECT_EQ(after.window_restarts, 1);
        EXPECT_EQ(after.restarts, 1);
        EXPECT_EQ(after.children_count, 2U);
        co_await stop(started.process());
    });
}

TEST(tree_snapshot, forgets_restarts_that_have_left_the_window) {
    run_simulated([]() -> task<> {
        const auto started = co_await dynamic_supervisor::start_link({.max_seconds = 2s});
        const dynamic_supervisor top{started.process()};
        const auto worker = co_await top.start_child(child<idle>());
        exit(worker.process(), "wiped");
        co_await sleep(1ms);
        const tree_node during = co_await snapshot(started.process());
        EXPECT_EQ(during.window_restarts, 1);
        EXPECT_EQ(during.max_restarts, 3);
        EXPECT_EQ(during.children[0].times_restarted, 1);
        EXPECT_EQ(during.children[0].last_exit, exit_reason{"wiped"});
        co_await sleep(3s);
        const tree_node later = co_await snapshot(started.process());
        EXPECT_EQ(later.window_restarts, 0);
        EXPECT_EQ(later.restarts, 1);
        co_await stop(started.process());
    });
}

TEST(tree_snapshot, shows_the_requested_part) {
    run_everywhere([]() -> task<> {
        const auto started = co_await supervisor::start_link(
            children(child<idle>().id("0"), child_supervisor("1", children(child<idle>())),
                     child<idle>().id("2"), child<idle>().id("3")));
        const snapshot_part page{.depth = 1, .offset = 1, .limit = 2};
        const tree_node tree = co_await snapshot(started.process(), page);
        EXPECT_EQ(tree.children_count, 4U);
        EXPECT_EQ(tree.children.size(), 2U);
        EXPECT_EQ(tree.children[0].id, "1");
        EXPECT_EQ(tree.children[0].children_count, 1U);
        EXPECT_EQ(tree.children[0].children.size(), 0U);
        EXPECT_EQ(tree.children[1].id, "2");
        const snapshot_part root_alone{.depth = 0};
        const tree_node root = co_await snapshot(started.process(), root_alone);
        EXPECT_EQ(root.children_count, 4U);
        EXPECT_EQ(root.children.size(), 0U);
        const snapshot_part beyond{.offset = 4};
        const tree_node none = co_await snapshot(started.process(), beyond);
        EXPECT_EQ(none.children.size(), 0U);
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

/// A child started with the pid of an ended process. The supervisor receives no exit message.
child_spec ended_child(const std::string& id) {
    return child_with_start(id, []() -> task<start_result<idle>> {
        const pid ended = spawn([] {});
        auto ending = end_of(ended);
        co_await ending;
        detail::start_outcome out;
        out.kind = detail::start_kind::ok;
        out.process = ended;
        co_return start_result<idle>{out};
    });
}

TEST(tree_snapshot, shows_no_pid_of_a_child_that_ended_between_the_list_and_the_look) {
    run_everywhere([]() -> task<> {
        auto starting =
            supervisor::start_link(children(ended_child("gone"), child<idle>().id("on")));
        const auto started = co_await starting;
        auto asking = snapshot(started.process());
        const tree_node tree = co_await asking;
        EXPECT_EQ(tree.children.size(), 2U);
        EXPECT_EQ(tree.children[0].process, pid{});
        EXPECT_EQ(tree.children[0].status, child_status::stopped);
        EXPECT_FALSE(tree.children[0].busy);
        EXPECT_EQ(tree.children[1].status, child_status::running);
        EXPECT_NE(tree.children[1].process, pid{});
        auto stopping = stop(started.process());
        co_await stopping;
    });
}

struct slow_to_start {
    task<> init() { co_await sleep(1h); }
};

TEST(tree_snapshot, shows_a_supervisor_as_busy_that_starts_a_child_and_cannot_describe_itself) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link(children(child<idle>().id("first")));
        const auto started = co_await starting;
        const pid top = started.process();
        spawn([top]() -> task<> {
            auto adding = supervisor{top}.start_child(child<slow_to_start>().id("slow"));
            co_await adding;
        });
        co_await sleep(1s);
        auto asking = snapshot(top, 100ms);
        const tree_node tree = co_await asking;
        EXPECT_TRUE(tree.busy);
        EXPECT_EQ(tree.type, child_type::supervisor);
        EXPECT_TRUE(tree.children.empty());
        EXPECT_NE(to_text(tree).find(" busy"), std::string::npos);
        exit(top, reason::kill);
    });
}

}  // namespace
}  // namespace coppice::test
