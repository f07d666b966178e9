// SPDX-License-Identifier: Apache-2.0
// The travel of signals in a simulated world, and the guarantees kept.

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

constexpr signal_delays all_delays[] = {signal_delays::none, signal_delays::in_order,
                                        signal_delays::per_pair};

runtime_options with(signal_delays delays) {
    runtime_options options = testing::sim_world::quiet();
    options.delays = delays;
    return options;
}

/// Runs `body` in worlds of each kind, under several seeds.
template <class Body>
void run_with_all_delays(Body body) {
    for (const signal_delays delays : all_delays) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            SCOPED_TRACE("delays " + std::to_string(static_cast<int>(delays)) + ", seed " +
                         std::to_string(seed));
            testing::sim_world world{seed, with(delays)};
            EXPECT_EQ(world.run(body), reason::normal);
            EXPECT_EQ(world.broken_invariants(), std::vector<std::string>{});
        }
    }
}

/// The number of turns until one of two processes has the other's message.
std::uint64_t turns_until_it_comes(std::uint64_t seed, runtime_options options) {
    testing::sim_world world{seed, std::move(options)};
    world.run([]() -> task<> {
        const pid me = self();
        spawn([me] { send(me, 1); });
        for (bool here = false; !here;) {
            auto looking = receive_for<int>(0ms);
            here = (co_await looking).has_value();
            co_await yield();
        }
    });
    return world.turns();
}

std::set<std::uint64_t> numbers_of_turns(const runtime_options& options, std::uint64_t first) {
    std::set<std::uint64_t> out;
    for (std::uint64_t seed = first; seed < first + 60; ++seed) {
        out.insert(turns_until_it_comes(seed, options));
    }
    return out;
}

/// The largest number of turns.
std::uint64_t most(const std::set<std::uint64_t>& of) {
    return *of.rbegin();
}

TEST(signal_delays, let_other_processes_run_before_a_signal_arrives) {
    const auto at_once = numbers_of_turns(with(signal_delays::none), 1);
    for (const signal_delays delays : {signal_delays::in_order, signal_delays::per_pair}) {
        EXPECT_GT(most(numbers_of_turns(with(delays), 1)), 2 * most(at_once));
    }
}

TEST(signal_delays, are_none_with_seed_1_and_in_order_with_others_unless_said) {
    const runtime_options unsaid = testing::sim_world::quiet();
    EXPECT_EQ(turns_until_it_comes(1, unsaid), turns_until_it_comes(1, with(signal_delays::none)));
    const auto others = numbers_of_turns(unsaid, 2);
    EXPECT_EQ(others, numbers_of_turns(with(signal_delays::in_order), 2));
    EXPECT_NE(others, numbers_of_turns(with(signal_delays::none), 2));
}

TEST(signal_delays, are_equal_for_equal_seeds) {
    for (const signal_delays delays : all_delays) {
        const auto log_of = [&](std::uint64_t seed) {
            testing::sim_world world{seed, with(delays)};
            world.run([]() -> task<> {
                const pid me = self();
                for (int i = 0; i < 10; ++i) {
                    spawn_link([me, i] { send(me, i); });
                }
                for (int i = 0; i < 10; ++i) {
                    co_await receive<int>();
                }
            });
            return world.event_log();
        };
        std::set<std::string> different;
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            EXPECT_EQ(log_of(seed), log_of(seed));
            different.insert(log_of(seed));
        }
        EXPECT_GT(different.size(), 5U);
    }
}

TEST(signal_delays, take_no_virtual_time) {
    run_with_all_delays([]() -> task<> {
        const auto began = monotonic_time();
        const pid echo = spawn_link([]() -> task<> {
            for (;;) {
                send(co_await receive<pid>(), 1);
            }
        });
        for (int i = 0; i < 10; ++i) {
            send(echo, self());
            auto waiting = receive_for<int>(1ns);
            EXPECT_TRUE((co_await waiting).has_value())
                << "the clock moved while it was on its way";
        }
        EXPECT_EQ(monotonic_time(), began);
        unlink(echo);
        exit(echo, reason::kill);
    });
}

TEST(signal_delays, do_not_apply_to_messages_of_a_process_to_itself) {
    run_with_all_delays([]() -> task<> {
        const pid me = self();
        spawn([me] { send(me, 1); });
        co_await yield();
        send(me, 2);
        auto waiting = receive(when([](int m) { return m == 2; }, [](int) { return true; }),
                               after(0ms, [] { return false; }));
        EXPECT_TRUE(co_await waiting);
    });
}

TEST(signal_delays, leave_no_undelivered_signal_in_an_idle_world) {
    for (const signal_delays delays : all_delays) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            testing::sim_world world{seed, with(delays)};
            int seen = 0;
            const pid counts = world.spawn([&seen]() -> task<> {
                for (;;) {
                    seen += co_await receive<int>();
                }
            });
            world.run_until_idle();
            for (int i = 0; i < 10; ++i) {
                world.system().send(counts, 1);
            }
            world.run_until_idle();
            EXPECT_EQ(seen, 10);
        }
    }
}

TEST(signal_delays, do_not_change_the_noproc_answers_of_dead_processes) {
    run_with_all_delays([]() -> task<> {
        trap_exit(true);
        const monitored_process gone = spawn_monitor([] {});
        const ref first = gone.monitor;
        co_await receive<down_message>();
        const ref watching = monitor(gone.process);
        EXPECT_NE(watching, first);
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, reason::noproc);
        link(gone.process);
        const auto left = co_await receive<exit_message>();
        EXPECT_EQ(left.why, reason::noproc);
    });
}

TEST(signal_delays, keep_exit_and_down_messages_of_a_process_that_dies_meanwhile) {
    run_with_all_delays([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 10; ++i) {
            const pid ends = spawn([] {});
            const ref watching = monitor(ends);
            link(ends);
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_TRUE(down.why == reason::normal || down.why == reason::noproc);
            const auto left = co_await receive<exit_message>();
            EXPECT_EQ(left.from, ends);
        }
    });
}

TEST(signal_delays, destroy_undelivered_messages_with_the_world) {
    for (const signal_delays delays : all_delays) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            const auto held = std::make_shared<const int>(1);
            {
                testing::sim_world world{seed, with(delays)};
                const pid never_runs = world.spawn([]() -> task<> { co_await receive<int>(); });
                world.limit_turns(0);
                world.system().send(never_runs, held);
                EXPECT_EQ(held.use_count(), 2);
            }
            EXPECT_EQ(held.use_count(), 1);
        }
    }
}

TEST(signal_delays, do_not_count_as_turns) {
    for (const signal_delays delays : all_delays) {
        testing::sim_world world{3, with(delays)};
        const pid waits = world.spawn([]() -> task<> { co_await receive<int>(); });
        world.run_until_idle();
        const auto before = world.turns();
        for (int i = 0; i < 100; ++i) {
            world.system().send(waits, std::string{"not what it waits for"});
        }
        world.limit_turns(0);
        world.run_until_idle();
        EXPECT_EQ(world.turns(), before);
        EXPECT_TRUE(world.out_of_turns());
    }
}

TEST(signal_delays, charge_the_cost_of_a_backlog_to_the_sender) {
    run_with_all_delays([]() -> task<> {
        constexpr int many = 32 * 20;
        const pid behind = spawn([]() -> task<> { co_await receive<int>(); });
        const auto spent_on = [&behind](int count) -> task<std::uint64_t> {
            auto asking = process_info(self());
            const auto before = (co_await asking).at(0).reductions;
            for (int i = 0; i < count; ++i) {
                send(behind, std::string{"a message"});
            }
            auto again = process_info(self());
            co_return (co_await again).at(0).reductions - before;
        };
        auto filling = spent_on(many);
        co_await filling;
        co_await sleep(1ms);  // all messages have arrived
        auto sending = spent_on(10);
        EXPECT_GT(co_await sending, 10U * 15U);
        exit(behind, reason::kill);
    });
}

}  // namespace
}  // namespace coppice
