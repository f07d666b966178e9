// SPDX-License-Identifier: Apache-2.0
// The steps of a process's end and their order. User code has no part in the order.

#include <memory>
#include <stdexcept>

#include "coppice/timer.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;

struct go {};
struct told {
    std::string text;
};

task<> waits() {
    co_await receive<go>();
}

/// Calls `f` on destruction.
template <class F>
struct at_exit {
    explicit at_exit(F f) : run{std::move(f)} {}
    at_exit(const at_exit&) = delete;
    at_exit& operator=(const at_exit&) = delete;
    ~at_exit() { run(); }
    F run;
};

TEST(death, runs_destructors_first_and_delivers_their_messages_before_the_down_message) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const exit_reason& why : {reason::kill, exit_reason{"signal"}}) {
            const monitored_process p = spawn_monitor([me]() -> task<> {
                const at_exit outer{[me] { send(me, told{"outer"}); }};
                const at_exit inner{[me] { send(me, told{"inner"}); }};
                send(me, go{});
                co_await waits();
            });
            co_await receive<go>();
            exit(p.process, why);
            for (const std::string expected : {"inner", "outer"}) {
                std::string got = "down";
                auto next =
                    receive([&](const told& t) { got = t.text; }, [&](const down_message&) {});
                co_await next;
                EXPECT_EQ(got, expected);
            }
            EXPECT_EQ((co_await receive<down_message>()).monitor, p.monitor);
        }
    });
}

TEST(death, keeps_the_name_in_destructors_and_frees_it_before_the_down_message) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const monitored_process p = spawn_monitor([me]() -> task<> {
            register_name("dying", self());
            const at_exit tells{
                [me] { send(me, told{whereis("dying") == self() ? "yes" : "no"}); }};
            send(me, go{});
            co_await waits();
        });
        co_await receive<go>();
        exit(p.process, reason::kill);
        EXPECT_EQ((co_await receive<told>()).text, "yes");
        co_await receive<down_message>();
        EXPECT_FALSE(static_cast<bool>(whereis("dying")));
    });
}

TEST(death, ends_a_process_that_a_destructor_spawned_with_a_link) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const monitored_process p = spawn_monitor([me]() -> task<> {
            const at_exit spawns{[me] { send(me, spawn_link(waits)); }};
            send(me, go{});
            co_await waits();
        });
        co_await receive<go>();
        exit(p.process, "signal");
        const pid late = co_await receive<pid>();
        const exit_reason end = co_await end_of(late);
        EXPECT_TRUE(end == "signal" || end == reason::noproc) << to_string(end);
        co_await receive<down_message>();
    });
}

TEST(death, by_a_signal_runs_no_handler_of_exceptions) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const exit_reason& why : {reason::kill, exit_reason{"signal"}}) {
            const monitored_process p = spawn_monitor([me]() -> task<> {
                try {
                    send(me, go{});
                    co_await waits();
                } catch (...) {
                    send(me, told{"caught"});
                }
                send(me, told{"went on"});
            });
            co_await receive<go>();
            exit(p.process, why);
            EXPECT_EQ((co_await receive<down_message>()).why,
                      why == reason::kill ? reason::killed : why);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(death, keeps_its_reason_though_the_code_catches_the_exit_that_unwinds_it) {
    run_everywhere([]() -> task<> {
        const monitored_process p = spawn_monitor([]() -> task<> {
            try {
                exit(self(), "signal");
            } catch (...) {
            }
            exit("later");
            co_return;
        });
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, p.monitor);
        EXPECT_EQ(down.why, "signal");
    });
}

TEST(death, has_the_reason_of_the_first_signal_and_ignores_later_ones) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const monitored_process p = spawn_monitor(waits);
            exit(p.process, "first");
            exit(p.process, reason::kill);
            exit(p.process, "third");
            EXPECT_EQ((co_await receive<down_message>()).why, "first");
        }
    });
}

TEST(death, comes_after_the_messages_that_its_cause_sent_before) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const pid relay = spawn([me]() -> task<> {
            trap_exit(true);
            send(me, go{});
            const told first = co_await receive<told>();
            auto second = receive_for<exit_message>(1h);
            const auto signal = co_await second;
            send(me, told{first.text + " then " + (signal ? to_string(signal->why) : "nothing")});
        });
        co_await receive<go>();
        send(relay, told{"message"});
        exit(relay, "signal");
        EXPECT_EQ((co_await receive<told>()).text, "message then signal");
    });
}

TEST(death, makes_is_alive_false_before_the_exit_message_arrives) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 100; ++i) {
            const pid p = spawn_link(waits);
            const ref watching = monitor(p);
            send(p, go{});
            co_await receive<exit_message>();
            EXPECT_FALSE(co_await is_alive(p));
            EXPECT_EQ((co_await receive<down_message>()).monitor, watching);
            EXPECT_TRUE((co_await process_info(p)).empty());
        }
    });
}

TEST(death, reaches_links_and_monitors_before_later_requests_are_answered) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 100; ++i) {
            const pid p = spawn_link(waits);
            const ref early = monitor(p);
            exit(p, "bye");
            const ref late = monitor(p);
            const down_message first = co_await receive<down_message>();
            EXPECT_EQ(first.monitor, early);
            EXPECT_EQ(first.why, "bye");
            const down_message second = co_await receive<down_message>();
            EXPECT_EQ(second.monitor, late);
            EXPECT_EQ(second.why, reason::noproc);
            EXPECT_TRUE((co_await receive_for<exit_message>(0ms)).has_value());

            const pid q = spawn_link(waits);
            const ref watching = monitor(q);
            exit(q, "bye");
            EXPECT_FALSE(co_await is_alive(q));
            EXPECT_TRUE((co_await receive_for<exit_message>(0ms)).has_value());
            const auto down = co_await receive_for<down_message>(0ms);
            EXPECT_TRUE(down.has_value());
            EXPECT_EQ(down.has_value() ? down->monitor : ref{}, watching);
        }
    });
}

TEST(death, cancels_the_timers_addressed_to_the_process_before_the_down_message) {
    run_everywhere([]() -> task<> {
        const monitored_process p = spawn_monitor(waits);
        const timer plain = send_after(1h, p.process, go{});
        const timer wrapped = start_timer(1h, p.process, go{});
        EXPECT_TRUE(read_timer(plain).has_value());
        EXPECT_TRUE(read_timer(wrapped).has_value());
        exit(p.process, reason::kill);
        co_await receive<down_message>();
        EXPECT_FALSE(read_timer(plain).has_value());
        EXPECT_FALSE(read_timer(wrapped).has_value());
        EXPECT_FALSE(cancel_timer(plain).has_value());
    });
}

TEST(death, drops_the_monitors_that_the_process_had) {
    run_everywhere([]() -> task<> {
        const pid watched = spawn(waits);
        const monitored_process watcher = spawn_monitor([watched]() -> task<> {
            static_cast<void>(monitor(watched));
            static_cast<void>(monitor(watched));
            co_return;
        });
        EXPECT_EQ((co_await receive<down_message>()).monitor, watcher.monitor);
        EXPECT_TRUE((co_await process_info(watched)).at(0).monitored_by.empty());
        exit(watched, reason::kill);
    });
}

TEST(death, before_the_first_turn_notifies_monitors_and_releases_the_function) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        runtime_options options = testing::sim_world::quiet();
        options.delays = signal_delays::none;  // the exit has to arrive before the first turn
        testing::sim_world world{seed, options};
        const auto ended = world.run([]() -> task<> {
            auto ran = std::make_shared<bool>(false);
            const monitored_process p = spawn_monitor([ran] { *ran = true; });
            exit(p.process, "before");
            EXPECT_EQ((co_await receive<down_message>()).why, "before");
            EXPECT_FALSE(*ran);
            EXPECT_EQ(ran.use_count(), 1);
        });
        EXPECT_EQ(ended, reason::normal);
    }
}

TEST(death, releases_the_messages_that_were_not_taken) {
    run_everywhere([]() -> task<> {
        auto held = std::make_shared<const int>(1);
        const monitored_process p = spawn_monitor(waits);
        send(p.process, held);
        EXPECT_TRUE(co_await is_alive(p.process));
        EXPECT_EQ(held.use_count(), 2);
        exit(p.process, reason::kill);
        co_await receive<down_message>();
        EXPECT_EQ(held.use_count(), 1);
        send(p.process, held);
        EXPECT_EQ(held.use_count(), 1);
    });
}

}  // namespace
}  // namespace coppice
