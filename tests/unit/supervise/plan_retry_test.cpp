// SPDX-License-Identifier: Apache-2.0
// Retries of the plan that are pending when something else happens to the child.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "supervise/plan.hpp"

namespace coppice::supervise {
namespace {

using log_type = std::vector<std::string>;

/// A plan with running children a, b, c, ..., and the actions that the plan asks for.
class asked_plan {
  public:
    asked_plan(restart_strategy strategy, std::size_t children)
        : plan_{strategy, auto_shutdown_mode::never, restart_window{max_restarts, 5}} {
        for (std::size_t i = 0; i < children; ++i) {
            plan_.started(plan_.add(restart_type::permanent, false));
        }
    }

    /// The actions after the end of a child; starts of `failing` fail.
    log_type child_ends(child_key child, child_key failing) {
        plan_.child_ended(child, "boom", 0);
        return actions(failing);
    }
    /// The actions after the retry of a child comes.
    log_type retry_comes(child_key child, child_key failing = no_child) {
        plan_.try_again(child, 0);
        return actions(failing);
    }
    child_status status_of(child_key child) const { return plan_.status_of(child); }

    static constexpr int max_restarts = 3;

  private:
    log_type actions(child_key failing) {
        log_type out;
        for (action next = plan_.next(); next.kind != action_kind::none; next = plan_.next()) {
            const std::string who(1, static_cast<char>('a' + next.child));
            switch (next.kind) {
                case action_kind::start:
                    out.push_back("start " + who);
                    next.child == failing ? plan_.start_failed(next.child)
                                          : plan_.started(next.child);
                    break;
                case action_kind::stop:
                    out.push_back("stop " + who);
                    plan_.stopped(next.child);
                    break;
                case action_kind::retry:
                    out.push_back("retry " + who);
                    break;
                case action_kind::report_limit:
                    out.push_back("limit " + who);
                    break;
                default:
                    break;
            }
        }
        return out;
    }

    plan plan_;
};

constexpr child_key a = 0;
constexpr child_key b = 1;
constexpr child_key c = 2;

TEST(a_stop_of_all, drops_the_actions_decided_before) {
    plan stopping{restart_strategy::one_for_one, auto_shutdown_mode::never, restart_window{0, 5}};
    const child_key first = stopping.add(restart_type::permanent, false);
    const child_key second = stopping.add(restart_type::permanent, false);
    stopping.started(first);
    stopping.started(second);
    stopping.child_ended(second, "boom", 0);  // would report this end and the limit
    stopping.stop_all();
    const action only = stopping.next();
    EXPECT_EQ(only.kind, action_kind::stop);
    EXPECT_EQ(only.child, first);
    stopping.stopped(first);
    EXPECT_EQ(stopping.next().kind, action_kind::none);
}

TEST(a_start_of_all, that_fails_is_not_tried_again) {
    plan tree{restart_strategy::one_for_one, auto_shutdown_mode::never, restart_window{3, 5}};
    const child_key only = tree.add(restart_type::permanent, false);
    tree.start_all();
    EXPECT_EQ(tree.next().kind, action_kind::start);
    tree.start_failed(only);
    EXPECT_EQ(tree.next().kind, action_kind::none);
    EXPECT_EQ(tree.status_of(only), child_status::stopped);
}

TEST(a_retry, that_a_group_restart_has_taken_over_starts_nothing_when_it_comes) {
    asked_plan tree{restart_strategy::rest_for_one, 3};
    EXPECT_EQ(tree.child_ends(c, c), (log_type{"start c", "retry c"}));
    EXPECT_EQ(tree.child_ends(b, b), (log_type{"start b", "retry b"}));
    EXPECT_EQ(tree.status_of(c), child_status::stopped);
    EXPECT_EQ(tree.retry_comes(c), log_type{});
    EXPECT_EQ(tree.retry_comes(b), (log_type{"start b", "start c"}));
    EXPECT_EQ(tree.retry_comes(b), log_type{});
}

TEST(a_retry, that_a_group_restart_has_taken_over_is_not_counted_when_it_comes) {
    for (const auto strategy : {restart_strategy::rest_for_one, restart_strategy::one_for_all}) {
        asked_plan tree{strategy, 3};
        const child_key later = strategy == restart_strategy::rest_for_one ? c : b;
        tree.child_ends(later, later);  // the first restart of three
        tree.child_ends(a, a);          // the second
        EXPECT_EQ(tree.status_of(later), child_status::stopped);
        for (int i = 0; i < asked_plan::max_restarts; ++i) {
            EXPECT_EQ(tree.retry_comes(later), log_type{});
        }
        EXPECT_EQ(tree.retry_comes(a), (log_type{"start a", "start b", "start c"}));
        EXPECT_EQ(tree.child_ends(a, no_child), log_type{"limit a"});
    }
}

TEST(a_retry, of_a_child_that_a_group_restart_has_started_starts_nothing) {
    asked_plan tree{restart_strategy::one_for_all, 2};
    EXPECT_EQ(tree.child_ends(b, b), (log_type{"stop a", "start a", "start b", "retry b"}));
    EXPECT_EQ(tree.child_ends(a, no_child), (log_type{"start a", "start b"}));
    EXPECT_EQ(tree.retry_comes(b), log_type{});
}

}  // namespace
}  // namespace coppice::supervise
