// SPDX-License-Identifier: Apache-2.0
// Processes: their ends, links, monitors, names and receive.

#include "coppice/process.hpp"

#include <memory>
#include <stdexcept>

#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::run_everywhere;
using test::run_simulated;

struct ping {
    int number = 0;
};
struct pong {
    int number = 0;
};

task<> waits_for_ever() {
    co_await receive<pong>();
}

TEST(process, ends_normally_when_its_function_returns) {
    run_everywhere([]() -> task<> {
        const monitored_process plain = spawn_monitor([] {});
        EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        const monitored_process waits = spawn_monitor([]() -> task<> { co_return; });
        EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        EXPECT_NE(plain.process, waits.process);
    });
}

TEST(process, ends_with_the_reason_of_exit_exactly) {
    run_everywhere([]() -> task<> {
        const auto p = spawn_monitor([] { exit(reason::kill); });
        EXPECT_EQ((co_await receive<down_message>()).why, reason::kill);
        const auto q = spawn_monitor([] { exit(reason::shutdown_with("x")); });
        EXPECT_EQ(to_string((co_await receive<down_message>()).why), "{shutdown,x}");
        static_cast<void>(p);
        static_cast<void>(q);
    });
}

TEST(process, crashes_with_type_and_message_of_an_exception) {
    run_everywhere([]() -> task<> {
        const auto p = spawn_monitor([]() -> task<> {
            co_await yield();
            throw std::runtime_error{"disk on fire"};
        });
        const down_message down = co_await receive<down_message>();
        EXPECT_NE(down.why.as_error(), nullptr);
        EXPECT_EQ(down.why.as_error()->type, "std::runtime_error");
        EXPECT_EQ(down.why.as_error()->what, "disk on fire");
        EXPECT_FALSE(down.why.is_quiet());
        EXPECT_EQ(down.process, p.process);
    });
}

TEST(process, catching_std_exception_does_not_catch_an_exit) {
    run_everywhere([]() -> task<> {
        const auto p = spawn_monitor([] {
            try {
                exit("left");
            } catch (const std::exception&) {
            }
        });
        EXPECT_EQ((co_await receive<down_message>()).why, "left");
        static_cast<void>(p);
    });
}

TEST(process, runs_destructors_when_it_is_killed_while_it_waits) {
    run_everywhere([]() -> task<> {
        auto flag = std::make_shared<std::atomic<int>>(0);
        struct guard {
            std::shared_ptr<std::atomic<int>> flag;
            ~guard() { ++*flag; }
        };
        const pid me = self();
        const auto p = spawn_monitor([flag, me]() -> task<> {
            const auto held = std::make_unique<guard>(flag);
            send(me, ping{});
            co_await waits_for_ever();
        });
        co_await receive<ping>();
        exit(p.process, reason::kill);
        EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
        EXPECT_EQ(flag->load(), 1);
    });
}

TEST(process, is_dead_for_its_killer_at_once) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const pid p = spawn(waits_for_ever);
            EXPECT_TRUE(co_await is_alive(p));
            exit(p, reason::kill);
            EXPECT_FALSE(co_await is_alive(p));
        }
    });
}

TEST(process, messages_arrive_before_the_down_message_of_their_sender) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const auto p = spawn_monitor([me] {
            for (int i = 0; i < 10; ++i) {
                send(me, ping{i});
            }
        });
        for (int i = 0; i < 10; ++i) {
            bool was_ping = false;
            co_await receive([&](const ping& m) { was_ping = m.number == i; },
                             [&](const down_message&) {});
            EXPECT_TRUE(was_ping);
        }
        co_await receive<down_message>();
        static_cast<void>(p);
    });
}

TEST(receive, takes_the_first_message_that_matches_and_leaves_the_others_in_order) {
    run_everywhere([]() -> task<> {
        send(self(), ping{1});
        send(self(), pong{2});
        send(self(), ping{3});
        EXPECT_EQ((co_await receive<pong>()).number, 2);
        EXPECT_EQ((co_await receive<ping>()).number, 1);
        EXPECT_EQ((co_await receive<ping>()).number, 3);
    });
}

TEST(receive, asks_the_condition_of_a_clause) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 5; ++i) {
            send(self(), ping{i});
        }
        auto third = receive(when([](const ping& p) { return p.number == 3; },
                                  [](const ping& p) { return p.number; }));
        EXPECT_EQ(co_await third, 3);
        EXPECT_EQ((co_await receive<ping>()).number, 0);
    });
}

TEST(receive, with_zero_time_scans_the_mailbox_once) {
    run_everywhere([]() -> task<> {
        EXPECT_FALSE((co_await receive_for<ping>(0ms)).has_value());
        send(self(), ping{1});
        EXPECT_TRUE((co_await receive_for<ping>(0ms)).has_value());
    });
}

TEST(receive, gives_up_when_its_time_is_over_and_not_before) {
    testing::sim_world world;
    std::chrono::nanoseconds waited{0};
    world.run([&]() -> task<> {
        const auto before = world.now();
        EXPECT_FALSE((co_await receive_for<ping>(250ms)).has_value());
        waited = world.now() - before;
    });
    EXPECT_EQ(waited, 250ms);
}

TEST(link, to_a_dead_process_is_an_error_unless_exits_are_trapped) {
    run_everywhere([]() -> task<> {
        const pid dead = spawn([] {});
        co_await end_of(dead);
        EXPECT_THROW(link(dead), noproc_error);
        trap_exit(true);
        link(dead);
        const exit_message m = co_await receive<exit_message>();
        EXPECT_EQ(m.why, reason::noproc);
        EXPECT_EQ(m.from, dead);
    });
}

TEST(link, stays_single_when_made_repeatedly_and_is_ended_by_one_unlink) {
    run_everywhere([]() -> task<> {
        const auto p = spawn_monitor(waits_for_ever);
        link(p.process);
        link(p.process);
        link(self());
        unlink(p.process);
        exit(p.process, "gone");
        EXPECT_EQ((co_await receive<down_message>()).why,
                  "gone");  // and the calling process survives
    });
}

TEST(unlink, leaves_an_exit_message_that_has_arrived) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid p = spawn_link([] { exit("early"); });
        co_await end_of(p);
        unlink(p);
        EXPECT_TRUE((co_await receive_for<exit_message>(0ms)).has_value());
    });
}

TEST(monitor, fires_once_for_each_time_it_was_made) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits_for_ever);
        const ref first = monitor(p);
        const ref second = monitor(p);
        EXPECT_NE(first, second);
        exit(p, "bye");
        EXPECT_EQ((co_await receive<down_message>()).why, "bye");
        EXPECT_EQ((co_await receive<down_message>()).why, "bye");
        EXPECT_FALSE((co_await receive_for<down_message>(0ms)).has_value());
    });
}

TEST(monitor, of_a_dead_pid_or_unknown_name_fires_with_noproc) {
    run_everywhere([]() -> task<> {
        const pid dead = spawn([] {});
        co_await end_of(dead);
        const ref by_pid = monitor(dead);
        EXPECT_EQ((co_await receive<down_message>()).monitor, by_pid);
        const ref by_name = monitor("nobody");
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, by_name);
        EXPECT_EQ(down.why, reason::noproc);
        EXPECT_EQ(down.name, "nobody");
    });
}

TEST(monitor, of_oneself_never_fires) {
    run_everywhere([]() -> task<> {
        const ref mine = monitor(self());
        EXPECT_TRUE(static_cast<bool>(mine));
        EXPECT_FALSE((co_await receive_for<down_message>(0ms)).has_value());
    });
}

TEST(demonitor, returns_whether_the_monitor_was_active_and_flushes_its_down_message) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits_for_ever);
        const ref active = monitor(p);
        EXPECT_TRUE(demonitor(active));
        EXPECT_FALSE(demonitor(active));
        const ref fired = monitor(p);
        exit(p, reason::kill);
        co_await end_of(p);
        EXPECT_FALSE(demonitor(fired, demonitor_option::flush));
        EXPECT_FALSE((co_await receive_for<down_message>(0ms)).has_value());
    });
}

TEST(names, are_free_before_the_down_message_arrives) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            const auto p = spawn_monitor(waits_for_ever);
            register_name("worker", p.process);
            exit(p.process, reason::kill);
            co_await receive<down_message>();
            EXPECT_FALSE(static_cast<bool>(whereis("worker")));
        }
    });
}

TEST(names, are_refused_as_erlang_refuses_them) {
    run_everywhere([]() -> task<> {
        const pid p = spawn(waits_for_ever);
        const pid dead = spawn([] {});
        co_await end_of(dead);
        EXPECT_THROW(register_name("", p), badarg_error);
        EXPECT_THROW(register_name("undefined", p), badarg_error);
        EXPECT_THROW(register_name("x", dead), badarg_error);
        register_name("x", p);
        EXPECT_THROW(register_name("x", p), badarg_error);
        EXPECT_THROW(register_name("y", p), badarg_error);
        EXPECT_THROW(register_name("x", self()), badarg_error);
        EXPECT_THROW(unregister_name("nobody"), badarg_error);
        EXPECT_THROW(send("nobody", ping{}), badarg_error);
        EXPECT_EQ(registered(), std::vector<std::string>{"x"});
        unregister_name("x");
        EXPECT_TRUE(registered().empty());
        exit(p, reason::kill);
    });
}

TEST(process_info, tells_links_monitors_name_and_queue) {
    run_everywhere([]() -> task<> {
        const pid p = spawn_link(waits_for_ever);
        const ref watching = monitor(p);
        register_name("seen", p);
        send(p, ping{1});
        const auto info = co_await process_info(p);
        EXPECT_EQ(info.size(), 1U);
        EXPECT_EQ(info.at(0).registered_name, "seen");
        EXPECT_EQ(info.at(0).message_queue_len, 1U);
        EXPECT_EQ(info.at(0).links, std::vector<pid>{self()});
        EXPECT_EQ(info.at(0).monitored_by, std::vector<pid>{self()});
        EXPECT_EQ(info.at(0).parent, self());
        EXPECT_FALSE(info.at(0).trap_exit);
        demonitor(watching);
        unlink(p);
        exit(p, reason::kill);
        EXPECT_TRUE((co_await process_info(p)).empty());
    });
}

TEST(spawn_link, never_misses_the_end_of_the_started_process) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 100; ++i) {
            const pid p = spawn_link([] { exit("at once"); });
            const exit_message m = co_await receive<exit_message>();
            EXPECT_EQ(m.from, p);
            EXPECT_EQ(m.why, "at once");
        }
    });
}

TEST(simulator, repeats_a_run_to_the_byte_and_differs_with_the_seed) {
    const auto log_of = [](std::uint64_t seed) {
        testing::sim_world world{seed};
        world.run([]() -> task<> {
            for (int i = 0; i < 10; ++i) {
                spawn([] { exit("x"); });
            }
            co_await sleep(1s);
        });
        return world.event_log();
    };
    EXPECT_EQ(log_of(7), log_of(7));
    EXPECT_NE(log_of(7), log_of(8));
}

}  // namespace
}  // namespace coppice
