// SPDX-License-Identifier: Apache-2.0
// A long-lived runtime: all data that the runtime keeps of a process goes with the process.

#include <gtest/gtest.h>

#include <string>

#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/sanitizers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

constexpr int lives_at_first = 1'000;
constexpr int lives = test::under_asan || test::under_tsan ? 5'000 : 30'000;
constexpr int lives_in_a_row = 10;  // lives of one process started from outside

struct visitor {
    pid who;
};

/// Links to and monitors every other process; every other process monitors the elder.
task<> elder() {
    trap_exit(true);
    for (;;) {
        co_await receive([](visitor v) { monitor(v.who); }, [](const exit_message&) {},
                         [](const down_message&) {});
    }
}

/// Uses every kind of data that the runtime keeps outside of a process.
task<> life(int number, pid elder) {
    const pid me = self();
    register_name("life " + std::to_string(number), me);
    link(elder);
    monitor(elder);
    send(elder, visitor{me});
    cancel_timer(send_after(1h, me, 1));
    send_after(1h, me, 1);
    send(me, 1);
    co_await receive_for<int>(1h);
}

task<> lives_from(int first, pid elder) {
    for (int i = first; i < first + lives_in_a_row; ++i) {
        const monitored_process next = spawn_monitor(life, i, elder);
        auto ended = receive(when([&](const down_message& m) { return m.monitor == next.monitor; },
                                  [](const down_message&) {}));
        co_await ended;
    }
}

/// The amount of each kind of data.
struct amounts {
    std::size_t alive;
    std::size_t process_slots;
    std::size_t names;
    std::size_t holders_of_names;
    std::size_t roots;
    std::size_t outside_waits;
    std::size_t stuck_turns_now;
    std::size_t owners_of_timers;
    std::size_t timer_slots;
    std::size_t links;
    std::size_t monitors;
    std::size_t monitored_by;
};

amounts amounts_in(runtime& world, const pid& elder) {
    amounts out{};
    world.run([&]() -> task<> {
        const auto told = co_await process_info(elder);
        const process_information& elders = told.at(0);
        out.links = elders.links.size();
        out.monitors = elders.monitors.size();
        out.monitored_by = elders.monitored_by.size();
    });
    detail::runtime_core& core = *runtime_access::impl(world).core;
    out.alive = core.alive();
    out.process_slots = core.table().limit();
    out.names = core.names().all().size();
    out.holders_of_names = core.names().holder_count();
    out.roots = core.roots().size();
    out.outside_waits = core.outside().size();
    out.stuck_turns_now = core.stuck_turns_now().all().size();
    for (unsigned shard = 0; shard < core.scheduler().shard_count(); ++shard) {
        const time::timer_queue::footprint kept = core.scheduler().timers(shard).kept();
        out.owners_of_timers += kept.owners;
        out.timer_slots += kept.slots;
    }
    return out;
}

/// Room for processes about to end, and for data that is swept out from time to time.
constexpr std::size_t a_few = 100;

void expect_no_more(const amounts& now, const amounts& before) {
    EXPECT_LE(now.alive, before.alive + a_few);
    EXPECT_LE(now.process_slots, before.process_slots);
    EXPECT_LE(now.names, before.names + a_few);
    EXPECT_LE(now.holders_of_names, before.holders_of_names + a_few);
    EXPECT_LE(now.roots, before.roots + a_few);
    EXPECT_LE(now.outside_waits, before.outside_waits + a_few);
    EXPECT_LE(now.stuck_turns_now, before.stuck_turns_now + a_few);
    EXPECT_LE(now.owners_of_timers, before.owners_of_timers + a_few);
    EXPECT_LE(now.timer_slots, before.timer_slots + a_few);
    EXPECT_LE(now.links, before.links + a_few);
    EXPECT_LE(now.monitors, before.monitors + a_few);
    EXPECT_LE(now.monitored_by, before.monitored_by + a_few);
}

void expect_to_keep_nothing(runtime& world) {
    const pid old = world.spawn(elder);
    amounts at_first{};
    for (int lived = 0; lived < lives; lived += lives_in_a_row) {
        if (lived == lives_at_first) {
            at_first = amounts_in(world, old);
        }
        EXPECT_EQ(world.run([&] { return lives_from(lived, old); }), reason::normal);
    }
    expect_no_more(amounts_in(world, old), at_first);
    world.run([old]() -> task<> {
        exit(old, reason::kill);
        co_return;
    });
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

TEST(a_runtime, keeps_nothing_of_processes_that_have_ended_in_a_simulation) {
    for (const std::uint64_t seed : {1U, 2U}) {  // without and with signals in transit
        SCOPED_TRACE("seed " + std::to_string(seed));
        runtime_options options = testing::sim_world::quiet();
        options.seed = seed;
        const auto world = runtime_access::make_simulated(options, nullptr);
        expect_to_keep_nothing(*world);
    }
}

TEST(a_runtime, keeps_nothing_of_processes_that_have_ended_on_two_workers) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    world.start();
    expect_to_keep_nothing(world);
}

}  // namespace
}  // namespace coppice
