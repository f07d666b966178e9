// SPDX-License-Identifier: Apache-2.0
// The end of a runtime: the order of the exit requests, the processes named in the result, and the duration.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"
#include "support/stopping_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::in_every_world;
using test::patience;
using test::workers;
using words = std::vector<std::string>;

using stage = test::stopping_world;
stage*& here = stage::here;

/// A stop with this limit lets all obedient processes end in order, also on a slow machine.
constexpr std::chrono::seconds time_to_obey{1};

task<> obeys(std::string name) {
    trap_exit(true);
    ++here->ready;
    const auto asked = co_await receive<exit_message>();
    here->said.note(name);
    exit(asked.why);
}

task<> defies() {
    trap_exit(true);
    ++here->ready;
    for (;;) {
        co_await receive<exit_message>();
    }
}

/// A server with a slow end. Notes the end.
struct store {
    explicit store(std::string n) : name{std::move(n)} {
        trap_exit(true);
        ++here->ready;
    }
    task<> terminate(exit_reason) {
        for (int i = 0; i < 100; ++i) {
            co_await yield();
        }
        here->said.note(name);
    }
    std::string name;
};

struct defiant_store {
    defiant_store() {
        trap_exit(true);
        ++here->ready;
    }
    task<> terminate(exit_reason) { co_await receive<std::string>(); }
};

TEST(stop, asks_processes_spawned_from_outside_newest_first) {
    in_every_world([](stage& on) {
        for (const char* name : {"first", "second", "third"}) {
            on.world.spawn(obeys, std::string{name});
        }
        on.wait_for(3);
        EXPECT_TRUE(on.world.stop(patience));
        EXPECT_EQ(on.said.notes(), (words{"third", "second", "first"}));
    });
}

TEST(stop, stops_the_children_of_an_orphaned_supervisor_before_other_processes) {
    in_every_world([](stage& on) {
        on.world.spawn([]() -> task<> {
            spawn(obeys, std::string{"rest"});
            co_await supervisor::start_link(
                children(child<store>(std::string{"older"}).id("older"),
                         child<store>(std::string{"newer"}).id("newer")));
            co_await receive<int>();
        });
        on.wait_for(3);
        EXPECT_TRUE(on.world.stop(patience));
        EXPECT_EQ(on.said.notes(), (words{"newer", "older", "rest"}));
    });
}

TEST(stop, asks_all_processes_and_names_only_the_ones_that_ignore_the_stop) {
    for (const int defying : {1, 3}) {
        in_every_world([&](stage& on) {
            on.world.spawn(obeys, std::string{"oldest"});
            on.world.spawn([]() -> task<> {
                co_await supervisor::start_link(children(child<store>(std::string{"store"})));
                co_await receive<int>();
            });
            on.wait_for(2);
            std::vector<pid> named;
            for (int i = 0; i < defying; ++i) {
                named.push_back(on.world.spawn(defies));
            }
            on.wait_for(2 + defying);
            const stop_result stopped = on.world.stop(time_to_obey);
            EXPECT_EQ(on.said.sorted_notes(), (words{"oldest", "store"}));
            EXPECT_EQ(stopped.blocking.size(), named.size());
            for (const pid& each : named) {
                EXPECT_TRUE(stopped.names(each));
            }
        });
    }
}

TEST(stop, asks_the_siblings_of_an_ignoring_child_and_does_not_name_their_supervisors) {
    in_every_world([](stage& on) {
        on.world.spawn([]() -> task<> {
            trap_exit(true);
            co_await supervisor::start_link(
                children(child<store>(std::string{"older"}).id("older"),
                         child_with_start("tree",
                                          [] {
                                              return supervisor::start_link(
                                                  children(child<store>(std::string{"cousin"})));
                                          })
                             .type(child_type::supervisor),
                         child<defiant_store>().name("defiant").shutdown(infinity)));
            exit((co_await receive<exit_message>()).why);
        });
        on.wait_for(3);
        const pid defiant = on.world.whereis("defiant");
        const stop_result stopped = on.world.stop(time_to_obey);
        EXPECT_EQ(on.said.sorted_notes(), (words{"cousin", "older"}));
        EXPECT_EQ(stopped.blocking.size(), 1U);
        EXPECT_TRUE(stopped.names(defiant));
        // The supervisor waits for `defiant`, and may end by itself after `defiant` was killed.
        EXPECT_GE(stopped.killed, 1U);
    });
}

/// On an exit request, spawns a process that has seen no request, and ends.
task<> leaves_successors(int left) {
    trap_exit(true);
    ++here->ready;
    const auto asked = co_await receive<exit_message>();
    if (left > 0) {
        spawn(&leaves_successors, left - 1);
    }
    exit(asked.why);
}

TEST(stop, asks_processes_spawned_during_the_stop) {
    in_every_world([](stage& on) {
        on.world.spawn([] { spawn(&leaves_successors, 3); });
        on.wait_for(1);
        const stop_result stopped = on.world.stop(patience);
        EXPECT_TRUE(stopped);
        EXPECT_EQ(stopped.killed, 0U);
    });
}

TEST(stop, asks_a_long_chain_of_processes_spawned_during_the_stop) {
    in_every_world([](stage& on) {
        on.world.spawn([] { spawn(&leaves_successors, 30); });
        on.wait_for(1);
        const stop_result stopped = on.world.stop(patience);
        EXPECT_TRUE(stopped);
        EXPECT_EQ(stopped.killed, 0U);
    });
}

/// Notes each exit request, and stays.
task<> counts_and_defies(std::string name) {
    trap_exit(true);
    ++here->ready;
    for (;;) {
        co_await receive<exit_message>();
        here->said.note(name);
    }
}

/// Ends, so that the slot in the process table goes to the grandchild.
task<> leaves_one_that_leaves_a_defiant_one() {
    trap_exit(true);
    ++here->ready;
    const auto asked = co_await receive<exit_message>();
    spawn([]() -> task<> {
        trap_exit(true);
        const auto asked_later = co_await receive<exit_message>();
        spawn(&counts_and_defies, std::string{"younger"});
        exit(asked_later.why);
    });
    exit(asked.why);
}

TEST(stop, asks_each_process_once_over_repeated_scans) {
    testing::sim_world simulated{1};
    stage on{simulated.system()};
    on.world.spawn([] {
        spawn(&leaves_one_that_leaves_a_defiant_one);
        spawn(&counts_and_defies, std::string{"older"});
    });
    on.wait_for(2);
    const stop_result stopped = on.world.stop(time_to_obey);
    EXPECT_EQ(stopped.blocking.size(), 2U);
    EXPECT_EQ(on.said.sorted_notes(), (words{"older", "younger"}));
}

TEST(stop, asks_processes_spawned_during_the_stop_while_another_ignores_the_stop) {
    in_every_world([](stage& on) {
        on.world.spawn([] { spawn(&defies); });
        on.world.spawn([] { spawn(&leaves_successors, 3); });
        on.wait_for(2);
        const stop_result stopped = on.world.stop(time_to_obey);
        EXPECT_EQ(stopped.blocking.size(), 1U);
        EXPECT_EQ(stopped.killed, 1U);
    });
}

TEST(stop, without_time_kills_all_processes_without_asking) {
    for (const auto limit : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        in_every_world([&](stage& on) {
            on.world.spawn(obeys, std::string{"obeys"});
            on.world.spawn(defies);
            on.wait_for(2);
            const stop_result stopped = on.world.stop(limit);
            EXPECT_TRUE(stopped);
            EXPECT_EQ(stopped.killed, 2U);
            EXPECT_EQ(on.said.notes(), words{});
            EXPECT_EQ(on.world.process_count(), 0U);
        });
    }
}

/// Spawns a process on destruction.
struct heir_starter {
    heir_starter() = default;
    heir_starter(const heir_starter&) = delete;
    heir_starter& operator=(const heir_starter&) = delete;
    ~heir_starter() { spawn(defies); }
};

task<> leaves_an_heir() {
    const heir_starter last_will;
    co_await defies();
}

TEST(stop, that_was_forced_before_its_start_kills_without_asking) {
    in_every_world([](stage& on) {
        on.world.spawn(obeys, std::string{"obeys"});
        on.wait_for(1);
        EXPECT_TRUE(runtime_access::impl(on.world).force_stop());
        const stop_result stopped = on.world.stop(patience);
        EXPECT_TRUE(stopped);
        EXPECT_EQ(stopped.killed, 1U);
        EXPECT_EQ(on.said.notes(), words{});
        EXPECT_FALSE(runtime_access::impl(on.world).force_stop());
    });
}

TEST(stop, kills_processes_spawned_by_destructors_of_killed_processes) {
    in_every_world([](stage& on) {
        on.world.spawn(leaves_an_heir);
        on.wait_for(1);
        EXPECT_TRUE(on.world.stop(0ns));
        EXPECT_EQ(on.world.process_count(), 0U);
    });
}

/// Has a slow destructor.
struct slow_to_go {
    explicit slow_to_go(std::atomic<bool>& may) : may_go{may} {}
    slow_to_go(const slow_to_go&) = delete;
    slow_to_go& operator=(const slow_to_go&) = delete;
    ~slow_to_go() {
        ++here->ready;
        EXPECT_TRUE(eventually([this] { return may_go.load(); }));
    }

    std::atomic<bool>& may_go;
};

TEST(stop, neither_counts_nor_names_as_killed_a_process_that_is_just_ending) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        std::atomic<bool> may_go{false};
        runtime_options options = testing::sim_world::quiet();
        options.workers = workers;
        options.stuck_after = 1h;
        runtime world{options};
        world.start();
        const stage on{world};
        world.spawn([&may_go] { const slow_to_go last{may_go}; });
        ASSERT_TRUE(eventually([&] { return on.ready == 1; }));
        std::thread later{[&may_go] {
            eventually([] { return false; }, 50ms);  // until the stop kills
            may_go = true;
        }};
        const stop_result stopped = world.stop(1ms);
        later.join();
        EXPECT_EQ(stopped.killed, 0U);
        EXPECT_TRUE(stopped.blocking.empty());
    }
}

TEST(stop, without_a_time_limit_ends_with_the_last_process) {
    in_every_world([](stage& on) {
        on.world.spawn(obeys, std::string{"obeys"});
        on.wait_for(1);
        EXPECT_TRUE(on.world.stop(no_timeout));
        EXPECT_EQ(on.said.notes(), words{"obeys"});
    });
}

TEST(stop, refuses_spawns_through_the_runtime_during_and_after_the_stop) {
    in_every_world([](stage& on) {
        runtime& world = on.world;
        world.spawn([&]() -> task<> {
            trap_exit(true);
            ++on.ready;
            co_await receive<exit_message>();
            try {
                world.spawn([] {});
            } catch (const stopped_error& refused) {
                on.said.note(refused.what());
            }
        });
        on.wait_for(1);
        EXPECT_TRUE(world.stop(patience));
        EXPECT_EQ(
            on.said.notes(),
            words{
                "coppice::runtime::spawn: the runtime is being stopped, and starts no processes"});
        EXPECT_THROW(world.spawn([] {}), stopped_error);
        EXPECT_THROW(world.run([] {}), stopped_error);
        EXPECT_THROW(world.start(), stopped_error);
    });
}

TEST(stop, again_gives_the_same_answer) {
    in_every_world([](stage& on) {
        const pid defiant = on.world.spawn(defies);
        on.wait_for(1);
        EXPECT_TRUE(on.world.stop(40ms).names(defiant));
        EXPECT_TRUE(on.world.stop(patience).names(defiant));
    });
}

class stop_on : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(workers, stop_on, ::testing::Values(1U, 2U, 4U));

TEST_P(stop_on, gives_a_handler_until_the_deadline_to_return) {
    std::atomic<bool> entered{false};
    std::atomic<bool> leave{false};
    runtime world{workers(GetParam(), 5ms)};
    world.start();
    world.spawn([&] {
        entered = true;
        while (!leave) {
            std::this_thread::yield();
        }
    });
    std::thread releases{[&] {
        // By then all other threads see the process as ended.
        EXPECT_TRUE(eventually([&] { return entered && world.process_count() == 0; }));
        leave = true;
    }};
    ASSERT_TRUE(eventually([&] { return entered.load(); }));
    const stop_result stopped = world.stop(patience);
    releases.join();
    EXPECT_TRUE(stopped) << to_string(stopped.blocking.at(0));
}

TEST_P(stop_on, names_only_the_handler_that_does_not_return) {
    const auto entered = std::make_shared<std::atomic<bool>>(false);
    const auto leave = std::make_shared<std::atomic<bool>>(false);
    {
        runtime world{workers(GetParam(), 5ms)};
        world.start();
        for (int i = 0; i < 20; ++i) {
            world.spawn([]() -> task<> { co_await receive<int>(); });
        }
        const pid stuck = world.spawn([entered, leave] {
            *entered = true;
            while (!*leave) {
                std::this_thread::yield();
            }
        });
        ASSERT_TRUE(eventually([&] { return entered->load(); }));
        const stop_result stopped = world.stop(test::under_tsan ? 5s : 1s);
        ASSERT_EQ(stopped.blocking.size(), 1U);
        EXPECT_TRUE(stopped.names(stuck));
        EXPECT_TRUE(stopped.blocking[0].stuck);
    }
    *leave = true;
}

TEST_P(stop_on, two_threads_ends_for_both_when_everything_has_ended) {
    runtime world{workers(GetParam())};
    stage on{world};
    world.start();
    world.spawn([]() -> task<> {
        co_await supervisor::start_link(children(child<store>(std::string{"store"})));
        co_await receive<int>();
    });
    on.wait_for(1);
    std::vector<std::thread> stops;
    for (int i = 0; i < 2; ++i) {
        stops.emplace_back([&] {
            EXPECT_TRUE(world.stop(patience));
            EXPECT_EQ(on.said.notes(), words{"store"});
            EXPECT_EQ(world.process_count(), 0U);
        });
    }
    for (std::thread& each : stops) {
        each.join();
    }
}

TEST_P(stop_on, two_threads_takes_the_shorter_time) {
    runtime world{workers(GetParam())};
    stage on{world};
    world.start();
    world.spawn(defies);
    on.wait_for(1);
    std::thread waits_for_ever{[&] { world.stop(no_timeout); }};
    EXPECT_TRUE(world.wait_for_stop_request(patience));
    world.stop(20ms);
    waits_for_ever.join();
    EXPECT_EQ(world.process_count(), 0U);
}

}  // namespace
}  // namespace coppice
