// SPDX-License-Identifier: Apache-2.0
// The queue of the actions that an event has decided.

#include <gtest/gtest.h>

#include "supervise/action.hpp"

namespace coppice::supervise {
namespace {

action start_of(child_key child) {
    action out{};
    out.kind = action_kind::start;
    out.child = child;
    return out;
}

TEST(action_queue, has_room_for_its_capacity_whatever_was_taken_before) {
    action_queue queue;
    child_key pushed = 0;
    child_key popped = 0;
    for (int round = 0; round < 10; ++round) {
        for (unsigned waiting = static_cast<unsigned>(pushed - popped);
             waiting < action_queue::capacity; ++waiting) {
            queue.push(start_of(pushed++));
        }
        for (int i = 0; i < 3; ++i) {  // one action stays, so the queue is never empty
            EXPECT_EQ(queue.pop(), start_of(popped++));
        }
    }
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(queue.pop(), start_of(popped));
    EXPECT_TRUE(queue.empty());
}

TEST(action_queue, is_empty_after_clear_and_takes_actions_again) {
    action_queue queue;
    queue.push(start_of(1));
    queue.push(start_of(2));
    queue.pop();
    queue.clear();
    EXPECT_TRUE(queue.empty());
    queue.push(start_of(3));
    EXPECT_EQ(queue.pop(), start_of(3));
}

using action_queue_death_test = ::testing::Test;

TEST_F(action_queue_death_test, refuses_one_action_more_than_its_capacity) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    action_queue queue;
    for (child_key i = 0; i < action_queue::capacity; ++i) {
        queue.push(start_of(i));
    }
    EXPECT_DEATH(queue.push(start_of(9)), "take the actions out before the next event");
}

}  // namespace
}  // namespace coppice::supervise
