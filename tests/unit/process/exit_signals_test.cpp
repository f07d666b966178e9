// SPDX-License-Identifier: Apache-2.0
// The whole table of exit signals: source x reason x whether the receiver traps.

#include "support/worlds.hpp"

namespace coppice {
namespace {

using test::end_of;
using test::run_everywhere;

struct news {
    std::string text;
};

enum class source { exit_call, linked_peer };

struct row {
    const char* name;
    source from;
    exit_reason sent;
    exit_reason plain_end;  ///< End without trap_exit; `alive` if none.
    exit_reason trapped;    ///< Message with trap_exit; `dies killed` if killed.
};

const exit_reason alive = exit_reason::symbol("alive");
const exit_reason dies_killed = exit_reason::symbol("dies killed");

task<> receiver(pid tell, bool traps) {
    trap_exit(traps);
    send(tell, news{"ready"});
    co_await receive([&](const exit_message& m) { send(tell, news{to_string(m.why)}); },
                     [&](const news&) { send(tell, news{"alive"}); });
}

task<> signal_by(source from, pid to, exit_reason why) {
    if (from == source::exit_call) {
        exit(to, why);
        co_return;
    }
    link(to);
    exit(why);
}

/// The message of the receiver, or the reason of its end.
task<std::string> outcome(const row& tested, bool traps) {
    const pid me = self();
    const monitored_process r = spawn_monitor([me, traps] { return receiver(me, traps); });
    co_await receive<news>();
    const source from = tested.from;
    const exit_reason sent = tested.sent;
    const pid to = r.process;
    const pid s = spawn([from, to, sent] { return signal_by(from, to, sent); });
    const exit_reason signaller_ended = co_await end_of(s);
    static_cast<void>(signaller_ended);
    send(to, news{"are you there?"});
    std::string said;
    auto waiting = receive([&](const news& n) { said = n.text; },
                           [&](const down_message& d) { said = to_string(d.why); });
    co_await waiting;
    co_return said;
}

class exit_signals : public ::testing::TestWithParam<row> {};

TEST_P(exit_signals, follow_the_table_for_a_process_that_does_not_trap) {
    const row tested = GetParam();
    run_everywhere([tested]() -> task<> {
        EXPECT_EQ(co_await outcome(tested, false), to_string(tested.plain_end));
    });
}

TEST_P(exit_signals, follow_the_table_for_a_process_that_traps) {
    const row tested = GetParam();
    run_everywhere([tested]() -> task<> {
        const std::string expected =
            tested.trapped == dies_killed ? "killed" : to_string(tested.trapped);
        EXPECT_EQ(co_await outcome(tested, true), expected);
    });
}

const exit_reason other = exit_reason::symbol("other");
const exit_reason with_payload = reason::shutdown_with("done");

INSTANTIATE_TEST_SUITE_P(
    table, exit_signals,
    ::testing::Values(
        row{"call_normal", source::exit_call, reason::normal, alive, reason::normal},
        row{"call_kill", source::exit_call, reason::kill, reason::killed, dies_killed},
        row{"call_killed", source::exit_call, reason::killed, reason::killed, reason::killed},
        row{"call_shutdown", source::exit_call, reason::shutdown, reason::shutdown,
            reason::shutdown},
        row{"call_payload", source::exit_call, with_payload, with_payload, with_payload},
        row{"call_other", source::exit_call, other, other, other},
        row{"link_normal", source::linked_peer, reason::normal, alive, reason::normal},
        row{"link_kill", source::linked_peer, reason::kill, reason::kill, reason::kill},
        row{"link_killed", source::linked_peer, reason::killed, reason::killed, reason::killed},
        row{"link_shutdown", source::linked_peer, reason::shutdown, reason::shutdown,
            reason::shutdown},
        row{"link_other", source::linked_peer, other, other, other}),
    [](const auto& info) { return std::string{info.param.name}; });

task<> exits_itself(exit_reason why, bool traps, pid tell) {
    trap_exit(traps);
    exit(self(), why);
    send(tell, news{"went on"});
    auto waiting = receive([&](const exit_message& m) { send(tell, news{to_string(m.why)}); });
    co_await waiting;
}

TEST(exit_to_self, ends_a_process_that_does_not_trap_even_with_normal) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const exit_reason& why : {reason::normal, reason::shutdown, other}) {
            const auto p = spawn_monitor([me, why] { return exits_itself(why, false, me); });
            EXPECT_EQ((co_await receive<down_message>()).why, why);
            static_cast<void>(p);
        }
        auto nothing = receive_for<news>(std::chrono::nanoseconds{0});
        EXPECT_FALSE((co_await nothing).has_value());
    });
}

TEST(exit_to_self, is_a_message_for_a_process_that_traps_unless_it_is_kill) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const monitored_process traps =
            spawn_monitor([me] { return exits_itself(reason::normal, true, me); });
        EXPECT_EQ((co_await receive<news>()).text, "went on");
        EXPECT_EQ((co_await receive<news>()).text, "normal");
        EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        const monitored_process killed =
            spawn_monitor([me] { return exits_itself(reason::kill, true, me); });
        EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
        static_cast<void>(traps);
        static_cast<void>(killed);
    });
}

}  // namespace
}  // namespace coppice
