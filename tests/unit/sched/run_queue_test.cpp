// SPDX-License-Identifier: Apache-2.0
#include "sched/run_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "support/tasks.hpp"

namespace coppice::sched {
namespace {

using test::turn;

/// Tasks at fixed addresses. The number of a task is its index.
class tasks {
  public:
    explicit tasks(std::size_t count) : all_(count) {}
    turn& operator[](std::size_t number) { return all_[number]; }

  private:
    std::deque<turn> all_;
};

TEST(run_queue, gives_the_oldest_first_and_nothing_when_empty) {
    tasks made{3};
    run_queue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.pop(), nullptr);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(queue.push(made[i]));
    }
    EXPECT_FALSE(queue.empty());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(queue.pop(), &made[i]);
    }
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST(run_queue, takes_its_capacity_and_not_one_more) {
    tasks made{run_queue::capacity + 1};
    run_queue queue;
    for (std::size_t i = 0; i < run_queue::capacity; ++i) {
        EXPECT_TRUE(queue.push(made[i]));
    }
    EXPECT_FALSE(queue.push(made[run_queue::capacity]));
    EXPECT_EQ(queue.pop(), &made[0]);
    EXPECT_TRUE(queue.push(made[run_queue::capacity]));
    EXPECT_FALSE(queue.push(made[0]));
}

TEST(run_queue, keeps_the_order_when_its_ring_wraps) {
    tasks made{7};
    run_queue queue;
    for (std::size_t i = 0; i < 1000; ++i) {
        ASSERT_TRUE(queue.push(made[i % 7]));
        if (i >= 5) {
            ASSERT_EQ(queue.pop(), &made[(i - 5) % 7]);
        }
    }
}

TEST(run_queue, gives_a_thief_the_older_half_rounded_up) {
    for (std::size_t count = 1; count <= run_queue::capacity; ++count) {
        tasks made{count};
        run_queue victim;
        run_queue thief;
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_TRUE(victim.push(made[i]));
        }
        const std::size_t stolen = count - count / 2;
        ASSERT_EQ(victim.steal_into(thief), &made[0]);
        for (std::size_t i = 1; i < stolen; ++i) {
            ASSERT_EQ(thief.pop(), &made[i]) << count;
        }
        ASSERT_TRUE(thief.empty());
        for (std::size_t i = stolen; i < count; ++i) {
            ASSERT_EQ(victim.pop(), &made[i]) << count;
        }
        ASSERT_TRUE(victim.empty());
    }
}

TEST(run_queue, gives_a_thief_nothing_when_it_is_empty) {
    run_queue victim;
    run_queue thief;
    EXPECT_EQ(victim.steal_into(thief), nullptr);
    turn one;
    victim.push(one);
    EXPECT_EQ(victim.steal_into(thief), &one);
    EXPECT_EQ(victim.steal_into(thief), nullptr);
    EXPECT_TRUE(thief.empty());
}

void run(runnable* task) {
    static_cast<turn*>(task)->run_turn();
}

/// Threads that steal from a queue and run the stolen tasks.
class thieves {
  public:
    thieves(int count, run_queue& victim) : victim_{victim} {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this] { steal(); });
        }
    }
    /// Waits until the queue is empty. The owner pushes no more.
    void end() {
        pushing_ = false;
        for (std::thread& each : threads_) {
            each.join();
        }
    }
    std::size_t stolen() const { return stolen_; }

  private:
    void steal() {
        run_queue own;
        while (pushing_ || !victim_.empty()) {
            for (runnable* task = victim_.steal_into(own); task != nullptr; task = own.pop()) {
                run(task);
                ++stolen_;
            }
            std::this_thread::yield();
        }
    }

    run_queue& victim_;
    std::atomic<bool> pushing_{true};
    std::atomic<std::size_t> stolen_{0};
    std::vector<std::thread> threads_;
};

TEST(run_queue, gives_each_task_to_exactly_one_of_its_owner_and_three_thieves) {
    constexpr std::size_t count = 20000;
    std::deque<turn> made(count);
    run_queue queue;
    thieves stealing{3, queue};
    for (std::size_t i = 0; i < count;) {
        i += queue.push(made[i]) ? 1U : 0U;
        if (i % 3 == 0) {
            if (runnable* task = queue.pop()) {
                run(task);
            }
        }
    }
    while (runnable* task = queue.pop()) {
        run(task);
    }
    stealing.end();
    for (const turn& each : made) {
        ASSERT_EQ(each.turns(), 1);
    }
}

std::vector<runnable*> in_chain(const runnable_chain& chain) {
    std::vector<runnable*> out;
    for (runnable* each = chain.first; out.size() < chain.size; each = each->next_runnable) {
        out.push_back(each);
    }
    return out;
}

TEST(run_queue, gives_its_older_half_and_the_newest_task_as_a_chain_when_it_is_full) {
    constexpr std::size_t half = run_queue::capacity / 2;
    tasks made{run_queue::capacity};
    turn newest;
    run_queue queue;
    for (std::size_t i = 0; i < run_queue::capacity; ++i) {
        ASSERT_TRUE(queue.push(made[i]));
    }
    const std::optional<runnable_chain> taken = queue.take_half_of_full(newest);
    ASSERT_TRUE(taken.has_value());
    const std::vector<runnable*> chain = in_chain(*taken);
    ASSERT_EQ(chain.size(), half + 1);
    for (std::size_t i = 0; i < half; ++i) {
        ASSERT_EQ(chain[i], &made[i]);
    }
    EXPECT_EQ(chain.back(), &newest);
    EXPECT_EQ(taken->last, &newest);
    for (std::size_t i = half; i < run_queue::capacity; ++i) {
        ASSERT_EQ(queue.pop(), &made[i]);
    }
    EXPECT_TRUE(queue.empty());
}

TEST(run_queue, gives_no_chain_when_it_is_not_full) {
    tasks made{run_queue::capacity};
    turn newest;
    run_queue queue;
    for (std::size_t i = 0; i < run_queue::capacity - 1; ++i) {
        ASSERT_TRUE(queue.push(made[i]));
    }
    EXPECT_FALSE(queue.take_half_of_full(newest).has_value());
    EXPECT_EQ(queue.size(), run_queue::capacity - 1);
}

TEST(run_queue, gives_each_task_once_while_thieves_empty_a_ring_that_is_often_full) {
    constexpr std::size_t count = 20000;
    std::deque<turn> made(count);
    run_queue queue;
    thieves stealing{2, queue};
    std::size_t in_chains = 0;
    for (turn& each : made) {
        while (!queue.push(each)) {
            if (const auto taken = queue.take_half_of_full(each)) {
                std::ranges::for_each(in_chain(*taken), run);
                in_chains += taken->size;
                break;
            }
        }
    }
    stealing.end();
    EXPECT_EQ(in_chains + stealing.stolen(), count);
    for (const turn& each : made) {
        ASSERT_EQ(each.turns(), 1);
    }
}

TEST(run_queue, takes_a_chain_behind_its_other_entries) {
    tasks made{4};
    made[1].next_runnable = &made[2];
    made[2].next_runnable = &made[3];
    made[3].next_runnable = nullptr;
    run_queue queue;
    ASSERT_TRUE(queue.push(made[0]));
    queue.push_chain(&made[1]);
    EXPECT_EQ(queue.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(queue.pop(), &made[i]);
    }
    queue.push_chain(nullptr);
    EXPECT_TRUE(queue.empty());
}

TEST(run_queue, loses_nothing_when_owners_steal_from_each_other) {
    constexpr int owners = 3;
    constexpr int turns_each = 5000;
    std::vector<run_queue> queues(owners);
    std::deque<turn> made(30);
    for (turn& each : made) {
        ASSERT_TRUE(queues[0].push(each));
    }
    std::atomic<int> left{turns_each * 30};
    std::vector<std::thread> threads;
    for (std::size_t me = 0; me < owners; ++me) {
        threads.emplace_back([&, me] {
            while (left > 0) {
                runnable* task = queues[me].pop();
                for (std::size_t i = 1; task == nullptr && i < owners; ++i) {
                    task = queues[(me + i) % owners].steal_into(queues[me]);
                }
                if (task == nullptr) {
                    std::this_thread::yield();
                    continue;
                }
                auto& mine = static_cast<turn&>(*task);
                if (mine.turns() < turns_each) {
                    mine.run_turn();
                    --left;
                    ASSERT_TRUE(queues[me].push(mine));
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    for (const turn& each : made) {
        EXPECT_EQ(each.turns(), turns_each);
        EXPECT_TRUE(each.turns_were_ordered());
    }
}

}  // namespace
}  // namespace coppice::sched
