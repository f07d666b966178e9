// SPDX-License-Identifier: Apache-2.0
// Random operations of everything at once, on two runtimes that start and stop again and again: all forms of
// spawn, links, monitors, names, timers, calls with limits, servers, supervisors of every strategy, dynamic
// children, kills, handlers that do not return, snapshots, threads outside.
//
// Processes check the properties that hold throughout (support/vagabond.hpp, support/actor.hpp). At the end
// of a round no process, object or call is left, and nothing blocks the stop.
//
// COPPICE_STRESS_SECONDS=N sets the duration, COPPICE_SEED=S the first round. script/stress runs
// this test under the sanitizers.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "boot/environment.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/actor.hpp"
#include "support/vagabond.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

constexpr auto round_time = 500ms;
constexpr int practically_unlimited = 1'000'000;

runtime_options some_options(dice& chance) {
    runtime_options options;
    options.workers = static_cast<unsigned>(1 + chance.below(4));
    options.spin = std::chrono::microseconds{chance.percent(50) ? 0 : 50};
    options.turn_budget = chance.one_of({1U, 20U, 500U});
    options.level = static_cast<report_level>(chance.below(4));
    options.on_report = [](const report& r) { static_cast<void>(to_string(r)); };
    options.stuck_after = std::chrono::microseconds{chance.one_of({300, 2000, 100'000})};
    options.spare_workers = static_cast<unsigned>(chance.below(8));
    options.sample_stuck_stacks = chance.percent(20);
    return options;
}

child_spec some_child(vagabond_home home, dice& chance) {
    child_spec spec = child<moody_server>(some_start(chance), home->next_seed());
    spec.restart(chance.one_of({permanent, transient, temporary}));
    spec.shutdown(chance.percent(50) ? shutdown_limit{3ms} : brutal_kill);
    return spec;
}

/// Starts and ends children of a dynamic supervisor.
task<> disturb(dynamic_supervisor top, vagabond_home home) {
    dice chance{home->next_seed()};
    while (!home->over) {
        ++home->counts.operations;
        auto starting = top.start_child(some_child(home, chance));
        const auto started = co_await starting;
        if (started.ok() && chance.percent(50)) {
            exit(started.value(), chance.percent(50) ? reason::kill : exit_reason{"disturbed"});
        }
        if (started.ok() && chance.percent(50)) {
            auto stopping = top.terminate_child(started.value());
            co_await stopping;
        }
        if (chance.percent(20)) {
            auto asking = top.which_children();
            const auto list = co_await asking;
            auto counting = top.count_children();
            const auto counts = co_await counting;
            EXPECT_EQ(counts.specs, counts.workers + counts.supervisors);
            EXPECT_LE(counts.active, counts.specs);
            EXPECT_LE(list.size(), 100'000U);
        }
        co_await sleep(std::chrono::microseconds{chance.below(2000)});
    }
}

/// Ends children of a supervisor, and stops, deletes and starts children by hand.
task<> disturb(supervisor top, vagabond_home home) {
    dice chance{home->next_seed()};
    while (!home->over) {
        ++home->counts.operations;
        auto asking = top.which_children();
        const auto list = co_await asking;
        for (const child_info& each : list) {
            if (each.process && chance.percent(30)) {
                exit(each.process, chance.percent(30) ? reason::kill : exit_reason{"disturbed"});
            }
        }
        const std::string id = chance.percent(50) ? "a" : "b";
        if (chance.percent(20)) {
            auto stopping = top.terminate_child(id);
            co_await stopping;
            auto starting = top.restart_child(id);
            co_await starting;
        }
        if (chance.percent(20)) {
            auto drawing = snapshot(top.whereis(), 5ms);
            const tree_node tree = co_await drawing;
            EXPECT_FALSE(to_text(tree).empty());
        }
        co_await sleep(std::chrono::microseconds{chance.below(2000)});
    }
}

/// A tree with a supervisor of each strategy and a dynamic supervisor, and with the disturbers.
task<> tree(vagabond_home home) {
    trap_exit(true);
    auto beginning = dynamic_supervisor::start_link({.max_restarts = practically_unlimited});
    const dynamic_supervisor rooms = (co_await beginning).value();
    spawn([rooms, home]() -> task<> {
        auto disturbing = disturb(rooms, home);
        co_await disturbing;
    });
    for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
        const auto well = moody_server::start::well;
        const auto traps = moody_server::start::traps;
        child_list list =
            children(child<moody_server>(well, home->next_seed()).id("a"),
                     child<moody_server>(traps, home->next_seed()).id("b").shutdown(5ms),
                     child("c", &vagabond::run, home, 2).restart(transient));
        auto starting = supervisor::start_link(
            std::move(list), {.strategy = strategy, .max_restarts = practically_unlimited});
        const supervisor top = (co_await starting).value();
        spawn([top, home]() -> task<> {
            auto disturbing = disturb(top, home);
            co_await disturbing;
        });
    }
    while (!home->over) {
        co_await receive_for<exit_message>(1ms);
    }
}

/// Runs one play after the other. The last play runs to its end, since only the play ends its actors.
task<> theatre(vagabond_home home) {
    trap_exit(true);
    while (!home->over) {
        ++home->counts.operations;
        auto performing = perform(home->next_seed(), 4, 30, 1ms);
        co_await performing;
    }
}

void act_from_outside(runtime& world, vagabond_home home) {
    dice chance{home->next_seed()};
    while (!home->over) {
        ++home->counts.operations;
        const pid started = world.spawn(&vagabond::run, home, 0);
        if (chance.percent(50)) {
            world.wait(started, std::chrono::milliseconds{chance.below(10)});
        }
        if (chance.percent(50)) {
            world.exit(started, chance.percent(50) ? reason::kill : reason::shutdown);
        }
        const server<moody_server> to{"server" + std::to_string(chance.below(8))};
        const auto answer = world.call(to, moody_server::echo{"outside", {}},
                                       std::chrono::milliseconds{chance.below(4)});
        EXPECT_EQ(answer.value_or("outside"), "outside");
        world.send("name0", std::string{"from outside"});
        static_cast<void>(world.stuck_processes());
        std::this_thread::sleep_for(std::chrono::microseconds{chance.below(2000)});
    }
}

void run_round(std::uint64_t seed, vagabond_world& home) {
    dice chance{seed};
    home.over = false;
    home.seeds = seed << 32U;
    runtime world{some_options(chance)};
    world.start();
    world.spawn(&tree, &home);
    world.spawn(&theatre, &home);
    {
        std::vector<std::jthread> outside;
        for (int i = 0; i < 2; ++i) {
            outside.emplace_back([&] { act_from_outside(world, &home); });
        }
        std::this_thread::sleep_for(round_time);
        home.over = true;
    }
    const stop_result stopped = world.stop(patience);
    for (const blocking_process& each : stopped.blocking) {
        // The handler of a dead process may run for some milliseconds more.
        EXPECT_TRUE(each.stuck) << "round " << seed << ": " << to_string(each);
    }
    EXPECT_EQ(world.process_count(), 0U) << "round " << seed;
}

/// Runs rounds until `end`, from the round of `seed` on, in steps of two.
long run_rounds(std::uint64_t seed, std::chrono::steady_clock::time_point end,
                vagabond_world& home) {
    long rounds = 0;
    for (; std::chrono::steady_clock::now() < end; seed += 2) {
        run_round(seed, home);
        ++rounds;
        if (::testing::Test::HasFailure()) {
            std::printf("failed in the round of COPPICE_SEED=%llu\n",
                        static_cast<unsigned long long>(seed));
            break;
        }
    }
    return rounds;
}

TEST(everything, keeps_the_invariants_under_all_operations_at_once) {
    const std::uint64_t seed = testing::seed_from_environment();
    const auto end =
        std::chrono::steady_clock::now() +
        std::chrono::seconds{boot::number_in_environment("COPPICE_STRESS_SECONDS").value_or(3)};
    const long before = counted::existing();
    vagabond_world homes[2];
    long rounds[2] = {};
    {
        std::jthread other{[&] { rounds[1] = run_rounds(seed + 1, end, homes[1]); }};
        rounds[0] = run_rounds(seed, end, homes[0]);
    }
    long operations = 0;
    for (const vagabond_world& each : homes) {
        EXPECT_EQ(each.counts.calls_begun, each.counts.calls_over) << "a call has no end";
        EXPECT_GT(each.counts.calls_answered, 0);
        EXPECT_GT(each.counts.reckonings, 0);
        operations += each.counts.operations;
    }
    EXPECT_EQ(counted::existing(), before) << "an object is lost, or destroyed twice";
    std::printf("%ld rounds, %ld operations, first seed %llu\n", rounds[0] + rounds[1], operations,
                static_cast<unsigned long long>(seed));
}

}  // namespace
}  // namespace coppice::test
