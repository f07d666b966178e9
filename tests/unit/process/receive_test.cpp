// SPDX-License-Identifier: Apache-2.0
// Selective receive, its timeouts, and sleep.

#include <atomic>

#include "coppice/timer.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;

struct ping {
    int number = 0;
};
struct pong {
    int number = 0;
};

TEST(receive, takes_the_oldest_message_that_any_clause_accepts_whatever_the_clauses_order) {
    run_everywhere([]() -> task<> {
        send(self(), 1.5);
        send(self(), pong{1});
        send(self(), ping{2});
        for (const int expected : {1, 2}) {
            int got = 0;
            auto next = receive([&](const ping& p) { got = p.number; },
                                [&](const pong& p) { got = p.number; });
            co_await next;
            EXPECT_EQ(got, expected);
        }
        EXPECT_EQ(co_await receive<double>(), 1.5);
    });
}

TEST(receive, uses_the_first_clause_that_accepts_a_message) {
    run_everywhere([]() -> task<> {
        send(self(), ping{7});
        send(self(), ping{2});
        for (const bool large : {true, false}) {
            auto which = receive(
                when([](const ping& p) { return p.number > 5; }, [](const ping&) { return true; }),
                [](const ping&) { return false; });
            EXPECT_EQ(co_await which, large);
        }
    });
}

TEST(receive, waits_for_a_message_that_its_condition_accepts_and_keeps_the_others_in_order) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        spawn([me] {
            for (int i = 0; i < 100; ++i) {
                send(me, ping{i});
            }
        });
        auto last = receive(when([](const ping& p) { return p.number == 99; },
                                 [](const ping& p) { return p.number; }));
        EXPECT_EQ(co_await last, 99);
        bool in_order = true;
        for (int i = 0; i < 99; ++i) {
            in_order = in_order && (co_await receive<ping>()).number == i;
        }
        EXPECT_TRUE(in_order);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(receive, of_any_message_takes_them_in_order_and_knows_their_senders) {
    run_everywhere([]() -> task<> {
        send(self(), ping{1});
        send(self(), pong{2});
        const any_message first = co_await receive_any();
        EXPECT_TRUE(first.is<ping>());
        EXPECT_EQ(first.sender(), self());
        const any_message second = co_await receive_any();
        EXPECT_EQ(second.get<ping>(), nullptr);
        EXPECT_EQ(second.get<pong>()->number, 2);
    });
}

TEST(receive, with_a_limit_takes_a_message_just_before_the_deadline_and_none_just_after) {
    run_simulated([]() -> task<> {
        send_after(100ms - 1ns, self(), ping{1});
        EXPECT_TRUE((co_await receive_for<ping>(100ms)).has_value());
        send_after(100ms + 1ns, self(), ping{2});
        EXPECT_FALSE((co_await receive_for<ping>(100ms)).has_value());
        EXPECT_EQ((co_await receive<ping>()).number, 2);
    });
}

TEST(receive, with_a_limit_is_not_prolonged_by_unmatched_messages) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        for (int i = 1; i <= 9; ++i) {
            send_after(i * 10ms, self(), pong{i});
        }
        EXPECT_FALSE((co_await receive_for<ping>(100ms)).has_value());
        EXPECT_EQ(world.now(), 100ms);
        EXPECT_EQ((co_await receive<pong>()).number, 1);
    });
}

TEST(receive, leaves_no_timer_and_no_message_when_the_message_came_in_time) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            send(self(), ping{i});
            EXPECT_TRUE((co_await receive_for<ping>(1h)).has_value());
        }
        EXPECT_EQ(world.now(), 0ms);
        co_await sleep(30min);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
    EXPECT_FALSE(world.advance_to_next_timer(24h));
}

TEST(receive, with_zero_time_sees_messages_behind_an_unmatched_one) {
    run_everywhere([]() -> task<> {
        send(self(), pong{1});
        EXPECT_FALSE((co_await receive_for<ping>(0ms)).has_value());
        send(self(), ping{2});
        EXPECT_TRUE((co_await receive_for<ping>(0ms)).has_value());
        EXPECT_EQ((co_await receive<pong>()).number, 1);
    });
}

TEST(receive, with_zero_time_sees_every_message_that_the_process_sent_to_itself) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            send(self(), ping{i});
        }
        int seen = 0;
        for (;;) {
            auto next = receive_for<ping>(0ms);
            const auto got = co_await next;
            if (!got) {
                break;
            }
            EXPECT_EQ(got->number, seen++);
        }
        EXPECT_EQ(seen, 100);
    });
}

TEST(receive, in_a_task_that_a_process_awaits_is_a_receive_of_that_process) {
    run_everywhere([]() -> task<> {
        send(self(), ping{3});
        const auto inner = []() -> task<int> {
            const ping p = co_await receive<ping>();
            co_return p.number;
        };
        EXPECT_EQ(co_await inner(), 3);
    });
}

TEST(receive, keeps_the_order_of_each_sender) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        constexpr int senders = 4;
        constexpr int each = 200;
        for (int s = 0; s < senders; ++s) {
            spawn([me, s] {
                for (int i = 0; i < each; ++i) {
                    send(me, ping{s * each + i});
                }
            });
        }
        std::vector<int> next(senders, 0);
        bool in_order = true;
        for (int i = 0; i < senders * each; ++i) {
            const ping p = co_await receive<ping>();
            const auto sender = static_cast<std::size_t>(p.number / each);
            in_order = in_order && p.number % each == next[sender]++;
        }
        EXPECT_TRUE(in_order);
    });
}

TEST(sleep, lasts_exactly_its_time_and_takes_no_message) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        send_after(10ms, self(), ping{1});
        co_await sleep(25ms);
        EXPECT_EQ(world.now(), 25ms);
        EXPECT_EQ((co_await receive<ping>()).number, 1);
        co_await sleep(0ms);
        EXPECT_EQ(world.now(), 25ms);
    });
}

TEST(sleep, may_be_longer_than_32_bits_of_milliseconds) {
    constexpr std::chrono::milliseconds long_time{(std::int64_t{1} << 32) + 1};
    testing::sim_world world;
    const auto ended = world.run(
        [&]() -> task<> {
            co_await sleep(long_time);
            EXPECT_EQ(world.now(), long_time);
        },
        long_time + 1h);
    EXPECT_TRUE(ended.has_value());
}

TEST(sleep, is_ended_by_an_exit_signal) {
    run_simulated([]() -> task<> {
        const monitored_process p = spawn_monitor([]() -> task<> { co_await sleep(1h); });
        co_await sleep(1ms);
        exit(p.process, "wake");
        const auto down = co_await receive_for<down_message>(1ms);
        EXPECT_TRUE(down.has_value());
        EXPECT_EQ(down.has_value() ? down->why : reason::timeout, "wake");
    });
}

TEST(yield, lets_other_processes_run_and_returns) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        spawn([me] { send(me, ping{1}); });
        for (;;) {
            auto now = receive_for<ping>(0ms);
            if (co_await now) {
                break;
            }
            co_await yield();
        }
    });
}

TEST(yield_if_due, yields_only_when_the_budget_of_the_turn_is_used_up) {
    runtime_options options = testing::sim_world::quiet();
    options.turn_budget = 10;
    testing::sim_world world{1, options};
    EXPECT_EQ(world.run([]() -> task<> {
        std::atomic<int> turns{0};
        std::atomic<bool> stop{false};
        const pid other = spawn([&]() -> task<> {
            while (!stop) {
                ++turns;
                co_await yield();
            }
        });
        const ref ended = monitor(other);
        while (turns == 0) {
            co_await yield();
        }
        co_await yield();  // a turn begins
        const int before = turns;
        for (int sent = 0; sent < 9; ++sent) {  // in one resumption
            EXPECT_EQ(turns, before) << sent;
            co_await yield_if_due();
            send(self(), sent);
        }
        for (int sent = 0; sent < 1000 && turns == before; ++sent) {
            co_await yield_if_due();
            send(self(), sent);
        }
        EXPECT_GT(turns, before);
        stop = true;
        co_await receive([&](const down_message& m) { EXPECT_EQ(m.monitor, ended); });
    }),
              reason::normal);
}

TEST(yield_if_due, lets_exit_signals_reach_a_process_that_only_sends) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const pid busy = spawn_link([]() -> task<> {
            const pid nobody = spawn([] {});
            for (;;) {
                send(nobody, ping{});
                co_await yield_if_due();
            }
        });
        exit(busy, "enough");
        EXPECT_EQ((co_await receive<exit_message>()).why, "enough");
    });
}

struct large {
    long number = 0x4141414141414141;
};

TEST(receive, offers_every_message_to_a_condition_on_any_message_and_takes_the_accepted_one) {
    run_everywhere([]() -> task<> {
        send(self(), ping{1});
        send(self(), large{});
        send(self(), std::string{"text"});
        auto next = receive(when([](const any_message& m) { return m.is<large>(); },
                                 [](any_message m) { return m.get<large>()->number; }),
                            after(1s, [] { return 0L; }));
        EXPECT_EQ(co_await next, large{}.number);
        auto by_sender =
            receive(when([me = self()](const any_message& m) { return m.sender() == me; },
                         [](const any_message& m) { return m.describe(); }));
        EXPECT_NE((co_await by_sender).find("ping"), std::string::npos);
        EXPECT_EQ(co_await receive<std::string>(), "text");
    });
}

TEST(receive, keeps_a_message_whose_condition_on_any_message_throws) {
    run_everywhere([]() -> task<> {
        send(self(), ping{1});
        auto next = receive(when([](const any_message&) -> bool { throw std::runtime_error{"no"}; },
                                 [](const any_message&) { return true; }),
                            after(0ms, [] { return false; }));
        EXPECT_FALSE(co_await next);
        EXPECT_EQ((co_await receive<ping>()).number, 1);
    });
}

TEST(receive, takes_noexcept_and_mutable_clauses) {
    run_everywhere([]() -> task<> {
        send(self(), ping{1});
        send(self(), ping{2});
        auto next =
            receive([count = 0](const ping& p) mutable noexcept { return ++count + p.number; });
        EXPECT_EQ(co_await next, 2);
        EXPECT_EQ(co_await next, 4);
    });
}

}  // namespace
}  // namespace coppice
