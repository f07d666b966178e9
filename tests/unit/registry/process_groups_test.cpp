// SPDX-License-Identifier: Apache-2.0
// Process groups, as OTP's pg on one node.

#include "coppice/process_groups.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/registrants.hpp"

namespace coppice {
namespace {

using groups = process_groups<std::string>;
using pids = std::vector<pid>;
using test::killed;
using test::registrant;
using test::run_everywhere;

/// Starts a scope "s" and runs the body of a test.
template <class Body>
void with_scope(Body body) {
    run_everywhere([body]() -> task<> {
        auto starting = groups::start_link("s");
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        const groups scope{"s"};
        co_await body(scope);
    });
}

task<pid> somebody() {
    auto starting = registrant([] {});
    co_return co_await starting;
}

TEST(process_groups, are_empty_before_the_first_join) {
    with_scope([](groups scope) -> task<> {
        EXPECT_TRUE(scope.members("g").empty());
        EXPECT_TRUE(scope.groups().empty());
        co_return;
    });
}

TEST(process_groups, have_members_that_join_and_leave) {
    with_scope([](groups scope) -> task<> {
        const pid other = co_await somebody();
        co_await scope.join("g", self());
        co_await scope.join("g", other);
        co_await scope.join("h", other);
        EXPECT_EQ(scope.members("g"), (pids{self(), other}));
        std::vector<std::string> names = scope.groups();
        std::sort(names.begin(), names.end());
        EXPECT_EQ(names, (std::vector<std::string>{"g", "h"}));
        auto leaving = scope.leave("g", self());
        EXPECT_TRUE(co_await leaving);
        EXPECT_EQ(scope.members("g"), pids{other});
    });
}

TEST(process_groups, have_a_member_as_often_as_the_process_has_joined) {
    with_scope([](groups scope) -> task<> {
        const pids twice{self(), self()};
        co_await scope.join("g", twice);
        EXPECT_EQ(scope.members("g"), twice);
        for (int left = 1; left >= 0; --left) {
            auto leaving = scope.leave("g", self());
            EXPECT_TRUE(co_await leaving);
            EXPECT_EQ(scope.members("g").size(), static_cast<std::size_t>(left));
        }
        auto leaving = scope.leave("g", self());
        EXPECT_FALSE(co_await leaving);
        EXPECT_TRUE(scope.groups().empty());
    });
}

TEST(process_groups, never_have_a_member_that_has_ended) {
    with_scope([](groups scope) -> task<> {
        const pid other = co_await somebody();
        co_await scope.join("g", other);
        co_await scope.join("g", self());
        co_await killed(other);
        EXPECT_EQ(scope.members("g"), pids{self()});
        co_await scope.join("h", other);
        EXPECT_TRUE(scope.members("h").empty());
    });
}

TEST(process_groups, tell_a_monitor_of_joins_and_leaves) {
    with_scope([](groups scope) -> task<> {
        const pid other = co_await somebody();
        co_await scope.join("g", other);
        auto monitoring = scope.monitor("g");
        const watched_group watched = co_await monitoring;
        EXPECT_EQ(watched.members, pids{other});
        co_await scope.join("elsewhere", self());
        co_await scope.join("g", self());
        auto joined = receive([](const group_joined<>& m) { return m; });
        const group_joined<> in = co_await joined;
        EXPECT_EQ(in.monitor, watched.monitor);
        EXPECT_EQ(in.group, "g");
        EXPECT_EQ(in.processes, pids{self()});
        co_await scope.leave("g", self());
        auto left = receive([](const group_left<>& m) { return m; });
        const group_left<> out = co_await left;
        EXPECT_EQ(out.monitor, watched.monitor);
        EXPECT_EQ(out.processes, pids{self()});
    });
}

TEST(process_groups, tell_a_monitor_of_the_end_of_a_member_once_for_each_join) {
    with_scope([](groups scope) -> task<> {
        const pid other = co_await somebody();
        const pids twice{other, other};
        co_await scope.join("g", twice);
        auto monitoring = scope.monitor("g");
        co_await monitoring;
        co_await killed(other);
        for (int i = 0; i < 2; ++i) {
            auto left = receive([](const group_left<>& m) { return m.processes; });
            const pids gone = co_await left;
            EXPECT_EQ(gone, pids{other});
        }
        auto silence = receive([](const group_left<>&) { return false; },
                               after(std::chrono::milliseconds{1}, [] { return true; }));
        EXPECT_TRUE(co_await silence);
    });
}

TEST(process_groups, tell_nothing_after_demonitor) {
    with_scope([](groups scope) -> task<> {
        auto monitoring = scope.monitor("g");
        const watched_group watched = co_await monitoring;
        auto ending = scope.demonitor(watched.monitor);
        EXPECT_TRUE(co_await ending);
        auto again = scope.demonitor(watched.monitor);
        EXPECT_FALSE(co_await again);
        co_await scope.join("g", self());
        auto silence = receive([](const group_joined<>&) { return false; },
                               after(std::chrono::milliseconds{1}, [] { return true; }));
        EXPECT_TRUE(co_await silence);
    });
}

TEST(process_groups, tell_a_monitor_of_the_scope_of_all_groups) {
    with_scope([](groups scope) -> task<> {
        co_await scope.join("g", self());
        auto monitoring = scope.monitor_scope();
        const watched_scope<> watched = co_await monitoring;
        EXPECT_EQ(watched.groups.size(), 1U);
        EXPECT_EQ(watched.groups.front().group, "g");
        EXPECT_EQ(watched.groups.front().members, pids{self()});
        co_await scope.join("h", self());
        auto joined = receive([](const group_joined<>& m) { return m.group; });
        EXPECT_EQ(co_await joined, "h");
    });
}

TEST(process_groups, refuse_a_process_of_another_node_and_an_unknown_scope) {
    with_scope([](groups scope) -> task<> {
        const pid far{self().node() + 1, 1, 1};
        EXPECT_THROW(static_cast<void>(scope.join("g", far)), badarg_error);
        EXPECT_THROW(static_cast<void>(scope.leave("g", far)), badarg_error);
        const groups unknown{"unknown"};
        EXPECT_THROW(static_cast<void>(unknown.members("g")), badarg_error);
        EXPECT_THROW(static_cast<void>(process_groups<int>{"s"}.members(1)), badarg_error);
        co_return;
    });
}

TEST(process_groups, are_empty_after_a_restart_of_the_scope) {
    run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children(child<groups>("s")));
        co_await starting;
        const groups scope{"s"};
        co_await scope.join("g", self());
        const pid first = whereis("s");
        co_await killed(first);
        while (!whereis("s")) {
            co_await sleep(std::chrono::milliseconds{1});
        }
        auto monitoring = scope.monitor("g");
        const watched_group watched = co_await monitoring;
        EXPECT_TRUE(watched.members.empty());
    });
}

}  // namespace
}  // namespace coppice
