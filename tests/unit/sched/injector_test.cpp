// SPDX-License-Identifier: Apache-2.0
#include "sched/injector.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

#include "support/tasks.hpp"

namespace coppice::sched {
namespace {

using test::turn;

TEST(injector, gives_the_oldest_first_and_nothing_when_empty) {
    std::deque<turn> made(3);
    injector queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
    for (turn& each : made) {
        queue.push(each);
    }
    EXPECT_FALSE(queue.empty());
    for (turn& each : made) {
        EXPECT_EQ(queue.pop(), &each);
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST(injector, works_again_after_it_ran_empty) {
    turn one;
    turn two;
    injector queue;
    for (int i = 0; i < 3; ++i) {
        queue.push(one);
        EXPECT_EQ(queue.pop(), &one);
        queue.push(two);
        queue.push(one);
        EXPECT_EQ(queue.pop(), &two);
        EXPECT_EQ(queue.pop(), &one);
    }
}

std::vector<runnable*> in_chain(runnable* first) {
    std::vector<runnable*> out;
    for (runnable* each = first; each != nullptr; each = each->next_runnable) {
        out.push_back(each);
    }
    return out;
}

TEST(injector, gives_a_chain_of_the_oldest_and_keeps_the_others) {
    using chain = std::vector<runnable*>;
    std::deque<turn> made(5);
    injector queue;
    EXPECT_EQ(queue.pop_chain(2), nullptr);
    for (turn& each : made) {
        queue.push(each);
    }
    EXPECT_EQ(in_chain(queue.pop_chain(2)), (chain{&made[0], &made[1]}));
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(queue.pop(), &made[2]);
    EXPECT_EQ(in_chain(queue.pop_chain(2)), (chain{&made[3], &made[4]}));
    EXPECT_TRUE(queue.empty());
    queue.push(made[0]);
    EXPECT_EQ(in_chain(queue.pop_chain(2)), chain{&made[0]});
    EXPECT_EQ(queue.pop_chain(2), nullptr);
}

TEST(injector, takes_a_chain_behind_its_other_tasks) {
    std::deque<turn> made(5);
    injector queue;
    queue.push(made[0]);
    made[1].next_runnable = &made[2];
    made[2].next_runnable = &made[4];  // the link of the last has no meaning
    queue.push_chain({&made[1], &made[2], 2});
    EXPECT_EQ(queue.size(), 3U);
    queue.push(made[3]);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(queue.pop(), &made[i]);
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST(injector, gives_each_task_once_to_several_threads) {
    constexpr std::size_t pushers = 3;
    constexpr std::size_t each_pushes = 5000;
    std::deque<std::deque<turn>> made;
    for (std::size_t p = 0; p < pushers; ++p) {
        made.emplace_back(each_pushes);
    }
    injector queue;
    std::atomic<std::size_t> popped{0};
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p < pushers; ++p) {
        threads.emplace_back([&, p] {
            for (turn& each : made[p]) {
                queue.push(each);
            }
        });
    }
    for (int c = 0; c < 2; ++c) {
        threads.emplace_back([&, c] {
            while (popped < pushers * each_pushes) {
                for (runnable* task = c == 0 ? queue.pop() : queue.pop_chain(3); task != nullptr;) {
                    static_cast<turn*>(std::exchange(task, c == 0 ? nullptr : task->next_runnable))
                        ->run_turn();
                    ++popped;
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_TRUE(queue.empty());
    for (const auto& list : made) {
        for (const turn& each : list) {
            ASSERT_EQ(each.turns(), 1);
        }
    }
}

TEST(injector, keeps_the_order_of_each_pusher) {
    constexpr std::size_t pushers = 3;
    constexpr std::size_t each_pushes = 5000;
    std::deque<std::deque<turn>> made;
    std::vector<std::size_t> next(pushers, 0);
    injector queue;
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p < pushers; ++p) {
        made.emplace_back(each_pushes);
    }
    for (std::size_t p = 0; p < pushers; ++p) {
        threads.emplace_back([&, p] {
            for (turn& each : made[p]) {
                queue.push(each);
            }
        });
    }
    std::size_t in_order = 0;
    for (std::size_t taken = 0; taken < pushers * each_pushes;) {
        const runnable* task = queue.pop();
        if (task == nullptr) {
            continue;
        }
        ++taken;
        for (std::size_t p = 0; p < pushers; ++p) {
            if (next[p] < each_pushes && task == &made[p][next[p]]) {
                ++next[p];
                ++in_order;
            }
        }
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(in_order, pushers * each_pushes);
}

}  // namespace
}  // namespace coppice::sched
