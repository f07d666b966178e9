// SPDX-License-Identifier: Apache-2.0
// The table of restart types, row by row as OTP's documentation states it.

#include "supervise/restart_rule.hpp"

#include <gtest/gtest.h>

namespace coppice::supervise {
namespace {

constexpr bool quietly = true;

TEST(restart_rule, restarts_a_permanent_child_after_every_end) {
    EXPECT_TRUE(decide_restart(permanent, quietly).restarts);
    EXPECT_TRUE(decide_restart(permanent, !quietly).restarts);
}

TEST(restart_rule, restarts_a_transient_child_unless_it_ended_quietly) {
    EXPECT_FALSE(decide_restart(transient, quietly).restarts);
    EXPECT_TRUE(decide_restart(transient, !quietly).restarts);
}

TEST(restart_rule, restarts_a_temporary_child_never) {
    EXPECT_FALSE(decide_restart(temporary, quietly).restarts);
    EXPECT_FALSE(decide_restart(temporary, !quietly).restarts);
}

TEST(restart_rule, reports_every_end_but_a_quiet_one_without_a_restart) {
    for (const restart_type type : {permanent, transient, temporary}) {
        EXPECT_TRUE(decide_restart(type, !quietly).is_reported);
        EXPECT_EQ(decide_restart(type, quietly).is_reported, type == permanent);
    }
}

TEST(restart_rule, calls_the_ends_failures_after_which_a_child_is_restarted) {
    for (const restart_type type : {permanent, transient, temporary}) {
        for (const bool quiet : {false, true}) {
            EXPECT_EQ(is_failure(type, quiet), decide_restart(type, quiet).restarts);
        }
    }
}

}  // namespace
}  // namespace coppice::supervise
