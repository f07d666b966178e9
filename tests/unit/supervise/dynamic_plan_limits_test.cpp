// SPDX-License-Identifier: Apache-2.0
// The limits of the plan of a dynamic supervisor, both sides of each, and the keys of its children.

#include <gtest/gtest.h>

#include "supervise/dynamic_plan.hpp"

namespace coppice::supervise {
namespace {

constexpr std::size_t max_children = 4;

/// A plan with running permanent children.
dynamic_plan running(std::size_t children, int max_restarts) {
    dynamic_plan out{max_children, restart_window{max_restarts, 5}};
    for (std::size_t i = 0; i < children; ++i) {
        out.started(out.add(restart_type::permanent, child_type::worker));
    }
    return out;
}

TEST(dynamic_plan, is_full_with_max_children_and_not_with_one_less) {
    dynamic_plan plan = running(max_children - 1, 3);
    EXPECT_FALSE(plan.is_full());
    const child_key last = plan.add(restart_type::permanent, child_type::worker);
    EXPECT_TRUE(plan.is_full());  // a child that is being started counts
    plan.start_failed(last);
    EXPECT_EQ(plan.next().kind, action_kind::forget);
    EXPECT_FALSE(plan.is_full());
}

TEST(dynamic_plan, gives_up_at_one_restart_more_than_the_limit) {
    for (const int max_restarts : {0, 1, 3}) {
        dynamic_plan plan = running(2, max_restarts);
        for (int i = 0; i < max_restarts; ++i) {
            plan.child_ended(0, "boom", 0);
            EXPECT_EQ(plan.next().kind, action_kind::report_ended);
            EXPECT_EQ(plan.next(), (action{action_kind::start, true, 0, {}}));
            plan.started(0);
            EXPECT_EQ(plan.next(), action{});
        }
        plan.child_ended(1, "boom", 0);
        EXPECT_EQ(plan.next(), (action{action_kind::report_ended, false, 1, "boom"}));
        EXPECT_EQ(plan.next(), (action{action_kind::report_limit, false, 1, {}}));
        EXPECT_EQ(plan.next().kind, action_kind::shut_down);
        EXPECT_EQ(plan.next(), action{});
        EXPECT_EQ(plan.restarts_at(0), max_restarts + 1);
    }
}

TEST(dynamic_plan, forgets_restarts_that_are_older_than_the_window) {
    dynamic_plan plan = running(1, 1);
    for (const std::int64_t now : {10, 16, 22}) {
        plan.child_ended(0, reason::normal, now);
        EXPECT_EQ(plan.next().kind, action_kind::report_ended);
        EXPECT_EQ(plan.next().kind, action_kind::start);
        plan.started(0);
    }
    plan.child_ended(0, reason::normal, 27);  // 22 is still in [22, 27]
    EXPECT_EQ(plan.next().kind, action_kind::report_ended);
    EXPECT_EQ(plan.next().kind, action_kind::report_limit);
}

TEST(dynamic_plan, that_stops_all_drops_the_actions_decided_before) {
    dynamic_plan plan = running(3, 3);
    plan.child_ended(1, "boom", 0);  // would report the end and restart the child
    plan.stop_all();
    EXPECT_EQ(plan.next(), (action{action_kind::stop, false, 0, {}}));
    EXPECT_EQ(plan.next(), (action{action_kind::stop, false, 2, {}}));
    EXPECT_EQ(plan.next(), action{});
}

TEST(dynamic_plan, gives_the_key_of_a_forgotten_child_to_the_last_one) {
    dynamic_plan plan = running(3, 3);
    plan.child_ended(2, "boom", 0);
    EXPECT_EQ(plan.next().kind, action_kind::report_ended);
    EXPECT_EQ(plan.next().kind, action_kind::start);
    plan.start_failed(2);
    EXPECT_EQ(plan.next(), (action{action_kind::retry, false, 2, {}}));
    plan.stopped(0);
    EXPECT_EQ(plan.size(), 3U);  // until the answer
    EXPECT_EQ(plan.next(), (action{action_kind::forget, false, 0, {}}));
    EXPECT_EQ(plan.size(), 2U);
    EXPECT_EQ(plan.status_of(0), child_status::restarting);
    EXPECT_EQ(plan.status_of(1), child_status::running);
}

}  // namespace
}  // namespace coppice::supervise
