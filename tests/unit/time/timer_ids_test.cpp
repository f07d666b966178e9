// SPDX-License-Identifier: Apache-2.0
// A timer id is never used twice, even when a slot's generations run out.

#include "time/timer_ids.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace coppice::time {
namespace {

class timer_ids_test : public ::testing::Test {
  protected:
    timer_id give(timer_node& timer) {
        ids.make_room();
        ids.give(timer);
        return timer.id;
    }

    timer_ids ids{timer_id::generation_mask - 1};
    timer_node first;
    timer_node second;
};

TEST_F(timer_ids_test, reuses_a_slot_until_its_generations_run_out) {
    const timer_id before = give(first);
    ids.take_back(before);
    const timer_id last = give(second);
    EXPECT_EQ(last.slot, before.slot);
    EXPECT_EQ(last.generation, timer_id::generation_mask);
    EXPECT_EQ(ids.find(before), nullptr);
    EXPECT_EQ(ids.find(last), &second);
}

TEST_F(timer_ids_test, retires_a_slot_after_its_last_generation) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> given;
    for (int i = 0; i < 2000; ++i) {
        const timer_id id = give(first);
        EXPECT_TRUE(given.emplace(id.slot, id.generation).second);
        EXPECT_EQ(ids.find(id), &first);
        ids.take_back(id);
        EXPECT_EQ(ids.find(id), nullptr);
    }
    for (const auto& [slot, generation] : given) {
        EXPECT_EQ(ids.find({slot, generation}), nullptr);
    }
}

TEST_F(timer_ids_test, finds_nothing_by_an_id_that_was_never_given) {
    const timer_id id = give(first);
    EXPECT_EQ(ids.find({id.slot, 0}), nullptr);
    EXPECT_EQ(ids.find({id.slot + 1, id.generation}), nullptr);
    ids.take_back(id);
    give(first);
    ids.take_back(first.id);
    EXPECT_EQ(ids.find({id.slot, 0}), nullptr);
}

}  // namespace
}  // namespace coppice::time
