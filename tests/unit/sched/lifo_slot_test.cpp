// SPDX-License-Identifier: Apache-2.0

#include "sched/lifo_slot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "support/tasks.hpp"

namespace coppice::sched {
namespace {

using test::turn;

TEST(lifo_slot, is_empty_before_a_put_and_after_a_take) {
    lifo_slot one;
    turn first;
    EXPECT_TRUE(one.empty());
    EXPECT_EQ(one.take(), nullptr);
    EXPECT_EQ(one.put(first), nullptr);
    EXPECT_FALSE(one.empty());
    EXPECT_EQ(one.take(), &first);
    EXPECT_TRUE(one.empty());
    EXPECT_EQ(one.take(), nullptr);
}

TEST(lifo_slot, returns_the_previous_task_on_a_put) {
    lifo_slot one;
    turn first;
    turn second;
    one.put(first);
    EXPECT_EQ(one.put(second), &first);
    EXPECT_EQ(one.put(first), &second);
    EXPECT_EQ(one.take(), &first);
    EXPECT_EQ(one.put(second), nullptr);
}

TEST(lifo_slot, gives_each_task_once_to_its_owner_or_to_a_thief) {
    constexpr std::size_t count = 50'000;
    std::deque<turn> all(count);
    lifo_slot one;
    std::atomic<bool> stop{false};
    const auto run = [](runnable* got) {
        if (got != nullptr) {
            got->run_turn();
        }
    };
    std::vector<std::thread> thieves;
    for (int i = 0; i < 2; ++i) {
        thieves.emplace_back([&] {
            while (!stop) {
                run(one.take());
            }
        });
    }
    for (std::size_t i = 0; i < count; ++i) {
        run(one.put(all[i]));
        if (i % 3 == 0) {
            run(one.take());
        }
    }
    stop = true;
    for (std::thread& each : thieves) {
        each.join();
    }
    run(one.take());
    EXPECT_TRUE(one.empty());
    for (const turn& each : all) {
        ASSERT_EQ(each.turns(), 1);
    }
}

}  // namespace
}  // namespace coppice::sched
