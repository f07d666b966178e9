// SPDX-License-Identifier: Apache-2.0
// Blocking functions: the threads, the queue and the bound of the pool of a runtime.

#include "coppice/blocking.hpp"

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/eventually.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of_new;
using test::eventually;
using test::run_everywhere;
using test::run_on_workers;
using test::run_simulated;

/// Waits for the latch to open.
auto waits_for(std::shared_ptr<std::latch> opened, int result) {
    return [opened, result] {
        opened->wait();
        return result;
    };
}

runtime_options with_pool(unsigned threads, std::size_t queue) {
    runtime_options out = testing::sim_world::quiet();
    out.blocking_threads = threads;
    out.blocking_queue = queue;
    return out;
}

TEST(blocking, gives_the_result_of_its_function) {
    run_everywhere([]() -> task<> {
        const auto word = [] { return std::string{"done"}; };
        auto waiting = blocking(word);
        EXPECT_EQ(co_await waiting, "done");
        const auto own = [] { return std::make_unique<int>(7); };
        auto waiting_for_more = blocking(own);
        const std::unique_ptr<int> got = co_await waiting_for_more;
        EXPECT_EQ(*got, 7);
        const auto nothing = [] {};
        auto waiting_for_nothing = blocking(nothing);
        co_await waiting_for_nothing;
    });
}

TEST(blocking, throws_the_exception_of_its_function_in_the_process) {
    run_everywhere([]() -> task<> {
        const auto broken = []() -> int { throw std::runtime_error{"no such file"}; };
        std::string caught;
        try {
            auto waiting = blocking(broken);
            co_await waiting;
        } catch (const std::runtime_error& error) {
            caught = error.what();
        }
        EXPECT_EQ(caught, "no such file");
    });
}

TEST(blocking, ends_its_process_with_an_exit_of_its_function) {
    run_everywhere([]() -> task<> {
        const exit_reason why = co_await end_of_new([]() -> task<> {
            const auto leaves = [] { exit("enough"); };
            auto waiting = blocking(leaves);
            co_await waiting;
        });
        EXPECT_EQ(why, exit_reason{"enough"});
    });
}

TEST(blocking, runs_on_another_thread_and_leaves_the_scheduler_thread_to_other_processes) {
    run_on_workers(1, []() -> task<> {
        const auto opened = std::make_shared<std::latch>(1);
        const pid main = self();
        spawn([opened, main]() -> task<> {
            const auto waits = waits_for(opened, 3);
            auto waiting = blocking(waits);
            send(main, co_await waiting);
        });
        co_await yield();
        const auto here = std::this_thread::get_id();
        const auto where = [] { return std::this_thread::get_id(); };
        auto asking = blocking(where);
        const bool is_other = here != co_await asking;
        EXPECT_TRUE(is_other);
        opened->count_down();
        EXPECT_EQ(co_await receive<int>(), 3);
    });
}

TEST(blocking, takes_no_virtual_time) {
    run_simulated([]() -> task<> {
        const auto before = monotonic_time();
        const auto word = [] { return 1; };
        auto waiting = blocking(word);
        co_await waiting;
        EXPECT_EQ(monotonic_time(), before);
        EXPECT_EQ(statistics().blocking.done, 1U);
        EXPECT_EQ(statistics().blocking.threads, 0U);
    });
}

TEST(blocking, leaves_messages_in_the_mailbox) {
    run_everywhere([]() -> task<> {
        send(self(), 1);
        const auto word = [] { return 2; };
        auto waiting = blocking(word);
        EXPECT_EQ(co_await waiting, 2);
        EXPECT_EQ(co_await receive<int>(), 1);
    });
}

TEST(a_process_that_is_killed, does_not_wait_for_its_blocking_function) {
    run_on_workers(2, []() -> task<> {
        const auto opened = std::make_shared<std::latch>(1);
        const auto begun = std::make_shared<std::atomic<bool>>(false);
        const monitored_process waits = spawn_monitor([opened, begun]() -> task<> {
            const auto slow = [opened, begun] {
                *begun = true;
                opened->wait();
            };
            auto waiting = blocking(slow);
            co_await waiting;
        });
        while (!*begun) {
            co_await yield();
        }
        exit(waits.process, reason::kill);
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.why, reason::killed);
        EXPECT_EQ(statistics().blocking.running, 1U);
        EXPECT_EQ(statistics().blocking.abandoned, 1U);
        opened->count_down();
        while (statistics().blocking.running > 0) {
            co_await yield();
        }
    });
}

TEST(a_process_that_is_killed, takes_its_blocking_function_out_of_the_queue) {
    const auto ran = std::make_shared<std::atomic<bool>>(false);
    const auto body = [ran]() -> task<> {
        const auto opened = std::make_shared<std::latch>(1);
        const pid main = self();
        spawn([opened, main]() -> task<> {
            const auto waits = waits_for(opened, 1);
            auto waiting = blocking(waits);
            send(main, co_await waiting);
        });
        while (statistics().blocking.running == 0) {
            co_await yield();
        }
        const monitored_process queued = spawn_monitor([ran]() -> task<> {
            const auto sets = [ran] { *ran = true; };
            auto waiting = blocking(sets);
            co_await waiting;
        });
        while (statistics().blocking.waiting == 0) {
            co_await yield();
        }
        exit(queued.process, reason::kill);
        co_await receive<down_message>();
        EXPECT_EQ(statistics().blocking.waiting, 0U);
        opened->count_down();
        EXPECT_EQ(co_await receive<int>(), 1);
    };
    run_on_workers(2, body, with_pool(1, 10));
    EXPECT_FALSE(*ran);
}

/// The number of refused functions among `count` functions at the same time.
task<std::uint64_t> refused_of(int count) {
    const auto opened = std::make_shared<std::latch>(1);
    const pid main = self();
    for (int i = 0; i < count; ++i) {
        spawn([opened, main]() -> task<> {
            bool refused = false;
            try {
                const auto waits = waits_for(opened, 1);
                auto waiting = blocking(waits);
                co_await waiting;
            } catch (const blocking_refused&) {
                refused = true;
            }
            send(main, refused);
        });
    }
    const auto all_tried = [count] {
        const blocking_statistics now = statistics().blocking;
        return now.running + now.waiting + now.refused == static_cast<std::uint64_t>(count);
    };
    while (!all_tried()) {
        co_await yield();
    }
    opened->count_down();
    std::uint64_t refused = 0;
    for (int i = 0; i < count; ++i) {
        const bool was_refused = co_await receive<bool>();
        refused += was_refused ? 1U : 0U;
    }
    co_return refused;
}

TEST(the_queue_of_blocking, takes_as_many_functions_as_its_limit_and_refuses_one_more) {
    for (const int more : {0, 1}) {
        const auto body = [more]() -> task<> {
            const std::uint64_t refused = co_await refused_of(2 + 3 + more);
            EXPECT_EQ(refused, static_cast<std::uint64_t>(more));
            EXPECT_EQ(statistics().blocking.refused, static_cast<std::uint64_t>(more));
            EXPECT_EQ(statistics().blocking.threads, 2U);
            EXPECT_EQ(statistics().blocking.waiting_max, 3U);
        };
        run_on_workers(2, body, with_pool(2, 3));
    }
}

TEST(the_queue_of_blocking, may_be_empty) {
    const auto body = []() -> task<> {
        const std::uint64_t refused = co_await refused_of(2);
        EXPECT_EQ(refused, 1U);
    };
    run_on_workers(2, body, with_pool(1, 0));
}

TEST(a_blocking_function, may_use_the_runtime_but_acts_for_no_process) {
    runtime world{testing::sim_world::quiet()};
    world.start();
    std::atomic<bool> told{false};
    std::atomic<bool> was_empty{false};
    const pid listens = world.spawn([&told]() -> task<> {
        co_await receive<int>();
        told = true;
    });
    world.spawn([&world, &was_empty, listens]() -> task<> {
        const auto tells = [&world, &was_empty, listens] {
            was_empty = !self();
            world.send(listens, 1);
        };
        auto waiting = blocking(tells);
        co_await waiting;
    });
    EXPECT_TRUE(eventually([&] { return told.load(); }));
    EXPECT_TRUE(was_empty);
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

}  // namespace
}  // namespace coppice
