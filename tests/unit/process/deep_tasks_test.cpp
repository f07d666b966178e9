// SPDX-License-Identifier: Apache-2.0
// The stack keeps its size however many tasks await one another, or one after the other.

#include <atomic>

#include "support/sanitizers.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_on_workers;
using test::run_simulated;

constexpr int many = test::under_asan || test::under_tsan ? 50'000 : 300'000;

task<int> one() {
    co_return 1;
}

task<int> fails() {
    throw std::runtime_error{"always"};
    co_return 0;
}

task<int> deep(int levels) {
    if (levels == 0) {
        co_return 0;
    }
    co_return 1 + co_await deep(levels - 1);
}

task<int> add_one(task<int> inner) {
    co_return 1 + co_await inner;
}

/// Counts live objects, and reads a local of the calling frame, which has to outlive this one.
struct counted {
    counted(std::atomic<int>& l, const int* c) : live{&l}, caller{c} { ++*live; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { *live -= caller == nullptr || *caller == 7 ? 1 : 1000; }
    std::atomic<int>* live;
    const int* caller;
};

task<> wait_deep(std::atomic<int>& live, const int* caller, int levels, pid tell) {
    const int mine = 7;
    const counted here{live, caller};
    if (levels == 0) {
        send(tell, 1);
        co_await receive<std::string>();
    } else {
        co_await wait_deep(live, &mine, levels - 1, tell);
    }
    EXPECT_EQ(mine, 7);
}

template <class Body>
void run_deep(Body body) {
    run_simulated(body, 1);
    run_on_workers(1, body);
    run_on_workers(2, body);
}

TEST(deep_tasks, a_loop_of_tasks_that_do_not_wait_takes_no_stack) {
    run_deep([]() -> task<> {
        long sum = 0;
        for (int i = 0; i < many; ++i) {
            sum += co_await one();
        }
        EXPECT_EQ(sum, many);
    });
}

TEST(deep_tasks, a_loop_of_tasks_that_throw_takes_no_stack) {
    run_deep([]() -> task<> {
        int caught = 0;
        for (int i = 0; i < many / 20; ++i) {
            try {
                co_await fails();
            } catch (const std::runtime_error&) {
                ++caught;
            }
        }
        EXPECT_EQ(caught, many / 20);
    });
}

TEST(deep_tasks, a_recursion_takes_no_stack) {
    run_deep([]() -> task<> { EXPECT_EQ(co_await deep(many), many); });
}

TEST(deep_tasks, tasks_passed_to_one_another_take_no_stack) {
    run_deep([]() -> task<> {
        task<int> chain = one();
        for (int i = 1; i < many; ++i) {
            chain = add_one(std::move(chain));
        }
        EXPECT_EQ(co_await chain, many);
    });
}

TEST(deep_tasks, a_chain_that_is_dropped_before_it_began_takes_no_stack) {
    run_deep([]() -> task<> {
        task<int> chain = one();
        for (int i = 1; i < many; ++i) {
            chain = add_one(std::move(chain));
        }
        chain.reset();
        EXPECT_FALSE(static_cast<bool>(chain));
        co_return;
    });
}

TEST(deep_tasks, killing_the_process_releases_all_tasks_innermost_first) {
    run_deep([]() -> task<> {
        std::atomic<int> live{0};
        const pid me = self();
        const pid p =
            spawn([&live, me]() -> task<> { co_await wait_deep(live, nullptr, many, me); });
        co_await receive<int>();
        EXPECT_EQ(live, many + 1);
        exit(p, reason::kill);
        EXPECT_FALSE(co_await is_alive(p));
        EXPECT_EQ(live, 0);
    });
}

TEST(deep_tasks, killing_a_yielding_process_releases_all_tasks) {
    run_deep([]() -> task<> {
        std::atomic<int> live{0};
        const pid me = self();
        const pid p = spawn([&live, me]() -> task<> {
            const counted outer{live, nullptr};
            send(me, 1);
            co_await [](std::atomic<int>& there) -> task<> {
                const counted inner{there, nullptr};
                for (;;) {
                    co_await yield();
                }
            }(live);
        });
        co_await receive<int>();
        exit(p, reason::kill);
        EXPECT_FALSE(co_await is_alive(p));
        EXPECT_EQ(live, 0);
    });
}

}  // namespace
}  // namespace coppice
