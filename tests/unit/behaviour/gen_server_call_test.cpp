// SPDX-License-Identifier: Apache-2.0
// Calls, replies, casts and plain messages: the order of arrival, and the failures of calls.

#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::failure_of;
using test::fresh;
using test::next_word;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words_so_far;

scripted::ask_task answers_after(std::chrono::nanoseconds time) {
    return {[time](scripted&) -> task<int> {
        co_await sleep(time);
        co_return 7;
    }};
}

TEST(server, takes_calls_casts_and_plain_messages_of_one_sender_in_the_order_sent) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted& t) { t.say("cast"); }});
        send(s.whereis(), scripted::note{"plain"});
        s.info(scripted::note{"info"});
        s.cast(scripted::tell{[](scripted& t) { t.value = 3; }});
        EXPECT_EQ(co_await s.call(scripted::get{}), 3);
        const std::vector<std::string> expected{"cast", "plain", "info"};
        EXPECT_EQ(co_await words_so_far(), expected);
        co_await stop(s);
    });
}

TEST(cast, to_a_dead_or_unknown_server_does_nothing) {
    run_everywhere([]() -> task<> {
        const server<scripted> dead = co_await fresh();
        co_await stop(dead);
        EXPECT_EQ(co_await next_word(), "terminate normal");
        for (const server<scripted>& s :
             {dead, server<scripted>{"nobody"}, server<scripted>{}, server<scripted>{pid{}}}) {
            s.cast(scripted::tell{[](scripted& t) { t.say("odd"); }});
            s.info(scripted::note{"odd"});
        }
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(call, succeeds_just_before_its_limit_and_fails_with_timeout_just_after) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        EXPECT_EQ(co_await failure_of(s, answers_after(100ms), 100ms + 1ns), "answered");
        const exit_reason why = co_await failure_of(s, answers_after(100ms), 100ms - 1ns);
        EXPECT_EQ(why[0], reason::timeout);
    });
}

TEST(call, waits_five_seconds_unless_told_otherwise) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        EXPECT_EQ(co_await s.call(answers_after(4999ms)), 7);
        auto late = s.try_call(answers_after(5001ms));
        const auto failed = co_await late;
        EXPECT_FALSE(failed.has_value());
        EXPECT_EQ(failed.error()[0], reason::timeout);
        EXPECT_EQ(failed.error()[1][2][2], exit_reason::integer(5000));
    });
}

TEST(call, without_a_limit_never_times_out) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        EXPECT_EQ(co_await failure_of(s, answers_after(30min), no_timeout), "answered");
        EXPECT_EQ(
            co_await failure_of(server<scripted>{}, scripted::get{}, no_timeout),
            exit_reason::tuple(reason::noproc,
                               exit_reason::tuple("gen_server", "call",
                                                  exit_reason::tuple(exit_reason::process({}),
                                                                     "coppice::test::scripted::get",
                                                                     "infinity"))));
    });
}

TEST(call, whose_reply_arrives_at_the_limit_takes_the_reply_if_present) {
    bool seen_both[2] = {};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        runtime_options options = testing::sim_world::quiet();
        options.delays = signal_delays::none;  // no delay: a sent reply has arrived
        testing::sim_world world{seed, options};
        bool replied = false;
        bool replied_before = false;
        std::optional<exit_reason> got;
        std::string rest;
        world.spawn([&]() -> task<> {
            const server<scripted> s = co_await fresh();
            const scripted::ask_task slow{[&](scripted&) -> task<int> {
                co_await sleep(100ms);
                replied = true;
                co_return 1;
            }};
            got = co_await failure_of(s, slow, 100ms);
            replied_before = replied;
            co_await sleep(1s);
            rest = co_await rest_of_mailbox();
        });
        world.run_until_idle();
        // Both timers fire before any process runs: first the caller's, then the server's.
        EXPECT_TRUE(world.advance_to_next_timer(100ms));
        EXPECT_TRUE(world.advance_to_next_timer(100ms));
        world.run_until_idle();
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(*got == "answered", replied_before) << to_string(*got);
        seen_both[replied_before ? 1 : 0] = true;
        world.advance(2s);
        EXPECT_EQ(rest, "");
    }
    EXPECT_TRUE(seen_both[0]);
    EXPECT_TRUE(seen_both[1]);
}

struct bad_call {
    const char* name;
    int (*handler)(scripted&);
    exit_reason why;
};

class failing_call : public ::testing::TestWithParam<bad_call> {};

TEST_P(failing_call, exits_the_caller_with_the_servers_reason_and_the_call) {
    const bad_call tested = GetParam();
    run_everywhere([tested]() -> task<> {
        const server<scripted> s = co_await fresh();
        const auto caller = [s, tested]() -> task<> {
            const scripted::ask request{tested.handler};
            co_await s.call(request, 50s);
        };
        const exit_reason expected = exit_reason::tuple(
            tested.why, exit_reason::tuple("gen_server", "call",
                                           exit_reason::tuple(exit_reason::process(s.whereis()),
                                                              "coppice::test::scripted::ask",
                                                              exit_reason::integer(50000))));
        EXPECT_EQ(co_await end_of_new(caller), expected);
        EXPECT_FALSE(co_await is_alive(s.whereis()));
    });
}

INSTANTIATE_TEST_SUITE_P(
    reasons, failing_call,
    ::testing::Values(
        bad_call{"throw", [](scripted&) -> int { throw std::runtime_error{"boom"}; },
                 exit_reason::error({"std::runtime_error", "boom", {}})},
        bad_call{"exit", [](scripted&) -> int { exit("bye"); }, "bye"},
        bad_call{"exit_normal", [](scripted&) -> int { exit(reason::normal); }, reason::normal},
        bad_call{"exit_shutdown", [](scripted&) -> int { exit(reason::shutdown); },
                 reason::shutdown},
        bad_call{"exit_kill", [](scripted&) -> int { exit(reason::kill); }, reason::kill},
        bad_call{"killed",
                 [](scripted&) -> int {
                     exit(self(), reason::kill);
                     return 1;
                 },
                 reason::killed},
        bad_call{"own_signal",
                 [](scripted&) -> int {
                     exit(self(), "signal");
                     return 1;
                 },
                 "signal"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(call, fails_with_the_reason_of_a_server_that_stops_without_a_reply) {
    run_everywhere([]() -> task<> {
        for (const exit_reason& why :
             {reason::normal, reason::shutdown, exit_reason{"enough"}, reason::killed}) {
            const server<scripted> s = co_await fresh();
            const scripted::ask_later request{
                [why](scripted&, const reply_to<int>&) { stop_with(why); }};
            EXPECT_EQ((co_await failure_of(s, request))[0], why);
        }
    });
}

TEST(call, of_a_dead_or_unknown_server_fails_with_noproc_and_names_the_server) {
    run_everywhere([]() -> task<> {
        const server<scripted> dead = co_await fresh();
        co_await stop(dead);
        const exit_reason by_pid = co_await failure_of(dead, scripted::get{});
        EXPECT_EQ(by_pid[0], reason::noproc);
        EXPECT_EQ(by_pid[1][2][0].as_process(), dead.whereis());
        const exit_reason by_name =
            co_await failure_of(server<scripted>{"nobody"}, scripted::get{});
        EXPECT_EQ(by_name[0], reason::noproc);
        EXPECT_EQ(by_name[1][2][0], "nobody");
        EXPECT_EQ((co_await failure_of(server<scripted>{}, scripted::get{}))[0], reason::noproc);
    });
}

TEST(call, of_oneself_fails_with_calling_self_by_pid_and_by_name_with_and_without_a_limit) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        for (const auto time : {std::chrono::nanoseconds{50ms}, no_timeout}) {
            const server<scripted> by_pid{self()};
            const server<scripted> by_name{"me"};
            EXPECT_EQ((co_await failure_of(by_pid, scripted::get{}, time))[0],
                      reason::calling_self);
            const exit_reason named = co_await failure_of(by_name, scripted::get{}, time);
            EXPECT_EQ(named[0], reason::calling_self);
            EXPECT_EQ(named[1][2][0], "me");
        }
        unregister_name("me");
    });
}

TEST(call, by_name_asks_the_holder_at_the_time_of_the_call) {
    run_simulated([]() -> task<> {
        auto starting = start<scripted>(named("first"), scripted::options{self()});
        const start_result<scripted> first = co_await starting;
        const server<scripted> other = co_await fresh();
        const pid old = first.process();
        spawn([old, other]() -> task<> {
            co_await sleep(10ms);
            unregister_name("first");
            register_name("first", other.whereis());
            co_await sleep(10ms);
            exit(old, "gone");
        });
        const exit_reason why =
            co_await failure_of(server<scripted>{"first"}, answers_after(100ms), 1s);
        EXPECT_EQ(why[0], "gone");
        EXPECT_EQ(co_await failure_of(server<scripted>{"first"}, scripted::get{}), "answered");
    });
}

TEST(call, gets_the_reply_of_a_server_that_ends_right_afterwards) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            const server<scripted> s = co_await fresh();
            const scripted::ask_later request{[](scripted&, const reply_to<int>& to) {
                to(11);
                throw std::runtime_error{"afterwards"};
            }};
            auto calling = s.try_call(request);
            const auto got = co_await calling;
            EXPECT_TRUE(got.has_value());
            EXPECT_EQ(got.value_or(0), 11);
        }
    });
}

TEST(reply, may_be_sent_by_any_process_and_leaves_no_monitor) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const scripted::ask_later request{[](scripted&, const reply_to<int>& to) {
            spawn([to]() -> task<> {
                co_await yield();
                to(5);
            });
        }};
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(co_await s.call(request), 5);
        }
        const auto info = co_await process_info(s.whereis());
        EXPECT_TRUE(info.at(0).monitored_by.empty());
        co_await stop(s);
    });
}

TEST(reply, to_a_client_that_ended_or_timed_out_is_dropped) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const scripted::ask_later keeps{[](scripted& t, reply_to<int> to) { t.pending = to; }};
        const scripted::tell answers{[](scripted& t) { t.pending(1); }};
        const pid client = spawn([s, keeps]() -> task<> { co_await s.call(keeps); });
        co_await sleep(1ms);
        exit(client, reason::kill);
        s.cast(answers);
        EXPECT_EQ((co_await failure_of(s, keeps, 10ms))[0], reason::timeout);
        s.cast(answers);
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(reply, counts_once_and_a_second_reply_is_dropped) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const scripted::ask_later twice{[](scripted&, const reply_to<int>& to) {
            to(1);
            to(2);
        }};
        EXPECT_EQ(co_await s.call(twice), 1);
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        co_await stop(s);
    });
}

TEST(call, leaves_nothing_at_the_server_when_the_caller_dies_while_it_waits) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const pid me = self();
        const scripted::ask_later never{
            [me](scripted&, const reply_to<int>&) { send(me, scripted::note{"asked"}); }};
        const pid client = spawn([s, never]() -> task<> { co_await s.call(never, no_timeout); });
        co_await receive<scripted::note>();
        exit(client, reason::kill);
        EXPECT_FALSE(co_await is_alive(client));
        const auto info = co_await process_info(s.whereis());
        EXPECT_TRUE(info.at(0).monitored_by.empty());
        co_await stop(s);
    });
}

TEST(call, that_timed_out_without_a_reply_leaves_no_monitor) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const scripted::ask_later never{[](scripted&, const reply_to<int>&) {}};
        EXPECT_EQ((co_await failure_of(s, never, 10ms))[0], reason::timeout);
        const auto info = co_await process_info(s.whereis());
        EXPECT_TRUE(info.at(0).monitored_by.empty());
    });
}

TEST(call, keeps_the_order_of_thousands_of_waiting_messages) {
    run_everywhere([]() -> task<> {
        constexpr int many = 20000;
        const server<scripted> s = co_await fresh();
        for (int i = 0; i < many; ++i) {
            send(self(), i);
        }
        for (int i = 0; i < 100; ++i) {
            EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        }
        bool in_order = true;
        for (int i = 0; i < many; ++i) {
            in_order = in_order && co_await receive<int>() == i;
        }
        EXPECT_TRUE(in_order);
        co_await stop(s);
    });
}

TEST(call, of_many_clients_at_once_gives_each_its_own_reply) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const pid me = self();
        for (int i = 0; i < 50; ++i) {
            spawn([s, me, i]() -> task<> {
                const scripted::ask echo{[i](scripted&) { return i; }};
                const int got = co_await s.call(echo);
                send(me, got == i);
            });
        }
        for (int i = 0; i < 50; ++i) {
            EXPECT_TRUE(co_await receive<bool>());
        }
        co_await stop(s);
    });
}

TEST(call, from_a_servers_handler_to_another_server_works_and_a_failure_crashes_the_caller) {
    run_everywhere([]() -> task<> {
        const server<scripted> behind = co_await fresh();
        const server<scripted> front = co_await fresh();
        const scripted::ask_task forward{[behind](scripted&) -> task<int> {
            const scripted::ask plus{[](scripted&) { return 40; }};
            const int got = co_await behind.call(plus);
            co_return got + 2;
        }};
        EXPECT_EQ(co_await front.call(forward), 42);
        co_await stop(behind);
        const exit_reason why = (co_await failure_of(front, forward))[0];
        EXPECT_EQ(why[0], reason::noproc);
        EXPECT_EQ(why[1][2][0].as_process(), behind.whereis());
    });
}

}  // namespace
}  // namespace coppice
