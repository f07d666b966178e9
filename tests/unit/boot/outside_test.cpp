// SPDX-License-Identifier: Apache-2.0
// Threads outside of the runtime: no wait outlasts the runtime, and a stop ends in time.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "coppice/gen_server.hpp"
#include "coppice/runtime.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

runtime_options with_workers(unsigned count) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = count;
    return options;
}

/// The number of processes that are ready to defy.
std::atomic<int> defiant{0};

task<> defies_shutdown() {
    trap_exit(true);
    ++defiant;
    for (;;) {
        co_await receive<exit_message>();
    }
}

struct silent {
    struct get {
        using reply = int;
    };
    void handle_call(get, reply_to<int>) {}
};

/// Checks that `wait`, called on another thread, returns once the runtime has stopped.
template <class Wait>
void is_over_after_stop(runtime& world, int defying, std::uint64_t alive, Wait wait) {
    std::promise<void> over;
    std::thread waits{[&] {
        wait();
        over.set_value();
    }};
    while (defiant < defying || world.process_count() < alive) {
        std::this_thread::yield();
    }
    world.stop(50ms);
    ASSERT_EQ(over.get_future().wait_for(patience), std::future_status::ready);
    waits.join();
}

TEST(a_thread_that_waits, for_an_end_is_let_go_when_the_runtime_stops) {
    defiant = 0;
    runtime world{with_workers(2)};
    world.start();
    const pid stays = world.spawn(defies_shutdown);
    world.spawn(defies_shutdown);
    is_over_after_stop(world, 2, 2, [&] { EXPECT_EQ(world.wait(stays), reason::killed); });
}

TEST(a_thread_that_waits, for_a_program_that_ignores_shutdown_returns_when_the_program_is_killed) {
    defiant = 0;
    runtime world{with_workers(2)};
    world.start();
    world.spawn(defies_shutdown);
    is_over_after_stop(world, 2, 2, [&] { EXPECT_EQ(world.run(defies_shutdown), reason::killed); });
}

TEST(a_thread_that_waits, for_a_reply_is_let_go_when_the_runtime_stops) {
    defiant = 0;
    runtime world{with_workers(2)};
    world.start();
    const pid main = world.spawn([]() -> task<> {
        co_await start_link<silent>(named("silent"));
        co_await defies_shutdown();
    });
    while (!world.whereis("silent")) {
        std::this_thread::yield();
    }
    is_over_after_stop(world, 1, 3, [&] {
        const auto answer = world.call(server<silent>{"silent"}, silent::get{}, no_timeout);
        EXPECT_FALSE(answer.has_value());
    });
    EXPECT_EQ(world.wait(main), reason::noproc);
}

TEST(a_thread_that_waits, after_the_stop_returns_at_once) {
    runtime world{with_workers(1)};
    world.start();
    world.stop();
    EXPECT_EQ(world.wait(pid{}), reason::noproc);
    EXPECT_EQ(world.call(server<silent>{"silent"}, silent::get{}, no_timeout).error(),
              reason::noproc);
    EXPECT_THROW(world.spawn([] {}), stopped_error);
    EXPECT_THROW(world.run([] {}), stopped_error);
}

TEST(a_thread_that_waits, gets_the_exit_reason_and_leaves_no_monitor_after_a_timeout) {
    runtime world{with_workers(2)};
    world.start();
    const pid waits = world.spawn([]() -> task<> { co_await receive<int>(); });
    EXPECT_EQ(world.wait(waits, 1ms), std::nullopt);
    const auto asks = [waits]() -> task<> {
        const auto information = co_await process_info(waits);
        EXPECT_TRUE(information.at(0).monitored_by.empty());
    };
    EXPECT_EQ(world.run(asks), reason::normal);
    EXPECT_EQ(world.run([] { exit("enough"); }), "enough");
    world.exit(waits, "enough");
    EXPECT_TRUE(world.wait(waits, patience).has_value());
    EXPECT_EQ(world.wait(waits, patience), reason::noproc);
}

TEST(stop, has_one_grace_period_for_all_late_processes) {
    defiant = 0;
    // Shared state: the stuck process runs on after the end of the runtime.
    const auto held = std::make_shared<int>(0);
    const auto stuck = std::make_shared<std::atomic<bool>>(false);
    const auto leave = std::make_shared<std::atomic<bool>>(false);
    {
        runtime world{with_workers(1)};
        world.start();
        for (int i = 0; i < 300; ++i) {
            world.spawn([held] { return defies_shutdown(); });
        }
        while (defiant < 300) {
            std::this_thread::yield();
        }
        const pid culprit = world.spawn([stuck, leave] {
            *stuck = true;
            while (!*leave) {
                std::this_thread::yield();
            }
        });
        while (!*stuck) {
            std::this_thread::yield();
        }
        const auto began = std::chrono::steady_clock::now();
        const stop_result stopped = world.stop(50ms);
        const auto took = std::chrono::steady_clock::now() - began;
        EXPECT_TRUE(stopped.names(culprit));
        EXPECT_EQ(stopped.blocking.size(), 301U);
        EXPECT_LT(took, 20s);  // half a second per process would be minutes
    }
    *leave = true;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (held.use_count() > 1 && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
    }
    EXPECT_EQ(held.use_count(), 1) << "the thread that was left behind has not cleaned up";
}

TEST(a_simulation, runs_inside_a_process_and_keeps_self_unchanged) {
    runtime world{with_workers(2)};
    world.start();
    const auto outer = []() -> task<> {
        const pid me = self();
        {
            testing::sim_world inner{1};
            inner.spawn([]() -> task<> { co_await sleep(1h); });
            EXPECT_EQ(inner.run([] { EXPECT_EQ(processes().size(), 2U); }), reason::normal);
            EXPECT_EQ(self(), me);
        }
        co_await yield();
        EXPECT_EQ(self(), me);
    };
    EXPECT_EQ(world.run(outer), reason::normal);
}

/// The time of the fastest of five rounds of spawning.
std::chrono::nanoseconds fastest_spawning(runtime& world) {
    std::chrono::nanoseconds least = 1h;
    for (int round = 0; round < 5; ++round) {
        const auto begun = std::chrono::steady_clock::now();
        for (int i = 0; i < 500; ++i) {
            world.spawn([]() -> task<> { co_await receive<int>(); });
        }
        least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - begun);
    }
    return least;
}

TEST(spawning_from_outside, takes_as_long_with_many_processes_as_with_few) {
    runtime world{with_workers(1)};
    const auto with_few = fastest_spawning(world);
    for (int i = 0; i < 40'000; ++i) {
        world.spawn([]() -> task<> { co_await receive<int>(); });
    }
    // A look at each process would take a hundred times as long.
    EXPECT_LT(fastest_spawning(world), 20 * with_few);
}

TEST(processes_from_outside, are_asked_to_stop_newest_first_however_many_have_ended) {
    for (const int ended : {0, 1, 63, 64, 65, 1000}) {
        std::vector<int> stopped;
        runtime world{with_workers(1)};
        world.start();
        const auto spawn_numbered = [&](int number) {
            world.spawn([&stopped, number]() -> task<> {
                trap_exit(true);
                co_await receive<exit_message>();
                stopped.push_back(number);
            });
            world.run([] {});  // returns after the process has set trap_exit
        };
        spawn_numbered(1);
        for (int i = 0; i < ended; ++i) {
            world.run([] {});
        }
        spawn_numbered(2);
        spawn_numbered(3);
        world.stop();
        EXPECT_EQ(stopped, (std::vector<int>{3, 2, 1})) << ended;
    }
}

}  // namespace
}  // namespace coppice
