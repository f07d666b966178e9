// SPDX-License-Identifier: Apache-2.0
// Everything at once on real scheduler threads, for the sanitizers: random links, monitors, kills, names and
// calls with time limits. At the end every process is gone and every name is free.

#include <gtest/gtest.h>

#include <algorithm>
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

constexpr int rounds = 4000;

task<> troublemaker(std::uint64_t seed, std::vector<std::string> names) {
    const std::string own_name = "trouble" + std::to_string(seed);
    trap_exit(true);
    std::mt19937_64 random{seed};
    for (int i = 0; i < rounds; ++i) {
        const std::string name = names[random() % names.size()];
        pid who = whereis(name);
        while (!who) {  // not restarted so far
            co_await yield();
            who = whereis(name);
        }
        switch (random() % 8) {
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
            case 6:
                if (whereis(own_name)) {
                    unregister_name(own_name);
                } else {
                    register_name(own_name, self());
                }
                break;
            default:
                co_await receive_for<exit_message>(0ms);
                break;
        }
    }
}

TEST(crossfire, leaves_a_responsive_supervisor_and_no_process_after_the_stop) {
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
            if (std::count(trouble.begin(), trouble.end(), ended.from) > 0) {
                EXPECT_EQ(ended.why, reason::normal);
                --left;
            }
        }
        const child_counts counts = co_await top.count_children();
        EXPECT_EQ(counts.specs, names.size());
        const tree_node tree = co_await snapshot(top.whereis(), 10s);
        EXPECT_GT(tree.restarts, rounds);
        co_await stop(top.whereis());
        EXPECT_TRUE(registered().empty());
    });
    EXPECT_TRUE(world.wait(main, 120s).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
    EXPECT_EQ(world.process_count(), 0U);
}

struct joined {
    bool on = false;
};
struct now_compare {};

/// Links and unlinks at random while the other process does the same.
void change_link(const pid& other, std::mt19937_64& random) {
    for (int i = 0; i < 3; ++i) {
        random() % 2 == 0 ? link(other) : unlink(other);
    }
}

task<bool> is_linked_to(pid other) {
    const auto information = co_await process_info(self());
    const auto& links = information.at(0).links;
    co_return std::find(links.begin(), links.end(), other) != links.end();
}

TEST(links_that_cross, are_seen_alike_by_both_sides_after_each_round) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    constexpr int rounds_of_links = 3000;
    const pid main = world.spawn([]() -> task<> {
        const pid me = self();
        const pid other = spawn([me]() -> task<> {
            std::mt19937_64 random{2};
            for (int i = 0; i < rounds_of_links; ++i) {
                send(me, now_compare{});
                change_link(me, random);
                send(me, now_compare{});  // arrives after all link signals of this side
                co_await receive<now_compare>();
                auto asking = is_linked_to(me);
                send(me, joined{co_await asking});
                co_await receive<now_compare>();
            }
        });
        std::mt19937_64 random{1};
        for (int i = 0; i < rounds_of_links; ++i) {
            co_await receive<now_compare>();
            change_link(other, random);
            send(other, now_compare{});
            co_await receive<now_compare>();
            auto asking = is_linked_to(other);
            const bool here = co_await asking;
            const joined there = co_await receive<joined>();
            EXPECT_EQ(here, there.on) << "round " << i;
            send(other, now_compare{});
        }
    });
    EXPECT_TRUE(world.wait(main, 120s).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
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
        constexpr int each = 5000;
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
