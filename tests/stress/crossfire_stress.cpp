// SPDX-License-Identifier: Apache-2.0
// Everything at once on real workers, for the sanitizers: random links, monitors, kills, names and
// calls with time limits. What has to hold at the end: every process is gone, every name is free.

#include <gtest/gtest.h>

#include <random>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct target {
    struct get {};
    struct crash {};
    int handle_call(get) const { return 1; }
    void handle_cast(crash) { throw std::runtime_error{"boom"}; }
};

task<> troublemaker(std::uint64_t seed, std::vector<std::string> names) {
    trap_exit(true);
    std::mt19937_64 random{seed};
    for (int i = 0; i < 400; ++i) {
        const std::string name = names[random() % names.size()];
        const pid who = whereis(name);
        switch (random() % 7) {
            case 0:
                exit(who, reason::kill);
                break;
            case 1:
                exit(who, "poked");
                break;
            case 2: {
                const ref watching = monitor(who);
                if (random() % 2 == 0) {
                    demonitor(watching, demonitor_option::flush);
                }
                break;
            }
            case 3:
                link(who);
                if (random() % 2 == 0) {
                    unlink(who);
                }
                break;
            case 4: {
                const server<target> to{name};
                auto calling =
                    to.try_call(target::get{}, std::chrono::microseconds{random() % 200});
                const auto answer = co_await calling;
                static_cast<void>(answer);
                break;
            }
            case 5:
                server<target>{name}.cast(target::crash{});
                break;
            default:
                co_await receive_for<exit_message>(0ms);
                break;
        }
    }
}

TEST(crossfire, leaves_a_supervisor_that_answers_and_nothing_when_it_stops) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    const pid main = world.spawn([]() -> task<> {
        trap_exit(true);
        std::vector<std::string> names;
        std::vector<child_spec> specs;
        for (int i = 0; i < 8; ++i) {
            names.push_back("target" + std::to_string(i));
            specs.push_back(child<target>().id(names.back()).name(names.back()));
        }
        auto starting = supervisor::start_link(child_list{specs}, {.max_restarts = 1000000});
        const supervisor top = (co_await starting).value();
        std::vector<pid> trouble;
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            trouble.push_back(spawn_link([seed, names] { return troublemaker(seed, names); }));
        }
        for (std::size_t left = trouble.size(); left > 0;) {
            const exit_message ended = co_await receive<exit_message>();
            EXPECT_NE(ended.from, top.whereis()) << to_string(ended.why);
            left -= std::count(trouble.begin(), trouble.end(), ended.from) > 0 ? 1U : 0U;
        }
        const child_counts counts = co_await top.count_children();
        EXPECT_EQ(counts.specs, names.size());
        co_await stop(top.whereis());
        EXPECT_TRUE(registered().empty());
    });
    EXPECT_TRUE(world.wait(main, 120s).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
    EXPECT_EQ(world.process_count(), 0U);
}

TEST(ring, passes_every_message_round_on_four_workers) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    const pid main = world.spawn([]() -> task<> {
        const pid me = self();
        pid next = me;
        for (int i = 0; i < 100; ++i) {
            next = spawn([next]() -> task<> {
                for (;;) {
                    send(next, co_await receive<int>());
                }
            });
        }
        for (int i = 0; i < 50; ++i) {
            send(next, i);
        }
        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(co_await receive<int>(), i);
        }
    });
    EXPECT_TRUE(world.wait(main, 120s).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

TEST(fan_in, loses_no_message_and_keeps_the_order_of_each_sender) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    struct numbered {
        int sender;
        int number;
    };
    const pid main = world.spawn([]() -> task<> {
        constexpr int senders = 20;
        constexpr int each = 500;
        const pid me = self();
        for (int s = 0; s < senders; ++s) {
            spawn([me, s]() -> task<> {
                for (int i = 0; i < each; ++i) {
                    send(me, numbered{s, i});
                    if (i % 50 == 0) {
                        co_await yield();
                    }
                }
            });
        }
        std::vector<int> next(senders, 0);
        for (int i = 0; i < senders * each; ++i) {
            const numbered m = co_await receive<numbered>();
            EXPECT_EQ(m.number, next[static_cast<std::size_t>(m.sender)]++);
        }
    });
    EXPECT_TRUE(world.wait(main, 120s).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

}  // namespace
}  // namespace coppice
