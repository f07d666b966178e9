// SPDX-License-Identifier: Apache-2.0
// Crossing signals: each test lets an action of one process meet an action just taken by another process,
// under all the signal delays that seeds choose.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/dice.hpp"
#include "support/servers.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t crossings = 400;

/// Shared between the processes of a test; safe since there is one thread.
using flag = std::shared_ptr<bool>;

/// Runs `body(dice)` under many seeds, and counts both outcomes. Both outcomes have to
/// occur, else no signals crossed.
template <class Body>
std::pair<int, int> run_crossings(signal_delays delays, Body body) {
    std::pair<int, int> seen{0, 0};
    for (std::uint64_t seed = 1; seed <= crossings; ++seed) {
        SCOPED_TRACE("with seed " + std::to_string(seed));
        runtime_options options = testing::sim_world::quiet();
        options.delays = delays;
        testing::sim_world world{seed, options};
        const auto ended = world.run([&]() -> task<> {
            dice chance{seed};
            auto running = body(chance);
            ++(co_await running ? seen.first : seen.second);
        });
        EXPECT_EQ(ended, reason::normal);
        EXPECT_EQ(world.broken_invariants(), std::vector<std::string>{});
        if (::testing::Test::HasFailure()) {
            break;
        }
    }
    return seen;
}

template <class Body>
void expect_both(Body body) {
    for (const signal_delays delays : {signal_delays::in_order, signal_delays::per_pair}) {
        const auto [one, other] = run_crossings(delays, body);
        EXPECT_GT(one, 0);
        EXPECT_GT(other, 0);
    }
}

/// Yields up to `most` turns to the other processes.
task<> dally(dice& chance, std::size_t most = 4) {
    for (std::size_t left = chance.below(most + 1); left > 0; --left) {
        co_await yield();
    }
}

/// Ends at the first message.
task<> ends_when_told() {
    co_await receive<int>();
    exit("told");
}

TEST(an_exit_that_crosses_an_unlink, does_not_kill) {
    expect_both([](dice& chance) -> task<bool> {
        const pid peer = spawn(ends_when_told);
        const flag unlinked = std::make_shared<bool>(false);
        const std::uint64_t luck = chance.below(1000);
        spawn_monitor([=]() -> task<> {
            dice own{luck};
            link(peer);
            send(peer, 1);
            auto waiting = dally(own);
            co_await waiting;
            unlink(peer);
            *unlinked = true;
            co_await sleep(1ms);
        });
        const auto end = co_await receive<down_message>();
        EXPECT_EQ(end.why, *unlinked ? exit_reason{reason::normal} : exit_reason{"told"});
        co_return end.why != reason::normal;
    });
}

TEST(an_exit_that_crosses_an_unlink, is_no_message_afterwards) {
    expect_both([](dice& chance) -> task<bool> {
        trap_exit(true);
        const pid peer = spawn_link(ends_when_told);
        send(peer, 1);
        auto waiting = dally(chance);
        co_await waiting;
        unlink(peer);
        const auto before = co_await receive_for<exit_message>(0ms);  // an earlier message stays
        const auto after = co_await receive_for<exit_message>(1ms);
        EXPECT_EQ(after.has_value(), false);
        co_return before.has_value();
    });
}

/// Whether both processes have the link; nothing if only one has.
task<std::optional<bool>> agreed_link(pid a, pid b) {
    co_await sleep(1ms);  // all signals have arrived
    std::size_t sides = 0;
    for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
        auto asking = process_info(one);
        const auto known = co_await asking;
        sides += static_cast<std::size_t>(std::ranges::count(known.at(0).links, other));
    }
    co_return sides == 1 ? std::nullopt : std::optional{sides == 2};
}

TEST(links_that_cross, are_seen_alike_by_both_sides_in_the_end) {
    expect_both([](dice& chance) -> task<bool> {
        const auto changes_its_mind = [](pid other, std::uint64_t luck) -> task<> {
            dice own{luck};
            for (std::size_t left = 1 + own.below(6); left > 0; --left) {
                own.percent(50) ? link(other) : unlink(other);
                auto waiting = dally(own, 2);
                co_await waiting;
            }
            co_await receive<down_message>();  // never comes
        };
        const auto begins_when_told = [changes_its_mind](std::uint64_t luck) -> task<> {
            const pid other = co_await receive<pid>();
            auto changing = changes_its_mind(other, luck);
            co_await changing;
        };
        const pid a = spawn([=, luck = chance.below(1000)] { return begins_when_told(luck); });
        const pid b = spawn([=, luck = chance.below(1000)] { return begins_when_told(luck); });
        send(a, b);
        send(b, a);
        auto asking = agreed_link(a, b);
        const std::optional<bool> agreed = co_await asking;
        EXPECT_TRUE(agreed.has_value()) << "one side is linked";
        exit(a, reason::kill);
        exit(b, reason::kill);
        co_return agreed.value_or(false);
    });
}

TEST(a_down_that_crosses_a_demonitor, is_no_message_afterwards) {
    expect_both([](dice& chance) -> task<bool> {
        const monitored_process peer = spawn_monitor(ends_when_told);
        const ref watching = peer.monitor;
        send(peer.process, 1);
        auto waiting = dally(chance);
        co_await waiting;
        const bool flush = chance.percent(50);
        const bool was_active =
            demonitor(watching, flush ? demonitor_option::flush : demonitor_option::keep_messages);
        const auto after = co_await receive_for<down_message>(1ms);
        EXPECT_EQ(after.has_value(), !was_active && !flush);
        co_return !was_active;
    });
}

TEST(a_timer_that_crosses_its_cancel, may_be_on_its_way_already) {
    struct due {};
    const auto [cancelled, on_its_way] =
        run_crossings(signal_delays::per_pair, [](dice&) -> task<bool> {
            const pid me = self();
            send_after(1ms, me, 1);
            const timer second = send_after(1ms, me, due{});
            co_await receive<int>();
            const bool was_active = cancel_timer(second).has_value();
            const auto at_once = co_await receive_for<due>(0ms);
            const auto later = co_await receive_for<due>(5ms);
            EXPECT_EQ(at_once.has_value() + later.has_value(), was_active ? 0 : 1);
            co_return was_active;
        });
    EXPECT_GT(cancelled, 0);
    EXPECT_GT(on_its_way, 0);
}

TEST(a_reply_that_crosses_the_end_of_its_time, is_taken_or_dropped) {
    expect_both([](dice& chance) -> task<bool> {
        auto starting = fresh();
        const server<scripted> slow = co_await starting;
        const auto takes = std::chrono::milliseconds{chance.below(3)};
        const scripted::ask_task question{[takes](scripted&) -> task<int> {
            co_await sleep(takes);
            co_return 7;
        }};
        auto calling = slow.try_call(question, 1ms);
        const auto answer = co_await calling;
        EXPECT_EQ(answer.value_or(7), 7);
        co_await sleep(5ms);
        auto reading = rest_of_mailbox();
        EXPECT_EQ(co_await reading, "");
        exit(slow.whereis(), reason::kill);
        co_return answer.has_value();
    });
}

TEST(an_exit_that_crosses_trap_exit, is_a_message_or_ends_the_process_by_the_flag_at_its_arrival) {
    expect_both([](dice& chance) -> task<bool> {
        const flag trapping = std::make_shared<bool>(false);
        const std::uint64_t luck = chance.below(1000);
        const monitored_process other = spawn_monitor([=]() -> task<> {
            dice own{luck};
            auto waiting = dally(own);
            co_await waiting;
            trap_exit(true);
            *trapping = true;
            co_await receive<exit_message>();
        });
        exit(other.process, "poke");
        const auto end = co_await receive<down_message>();
        EXPECT_EQ(end.why, *trapping ? exit_reason{reason::normal} : exit_reason{"poke"});
        co_return *trapping;
    });
}

TEST(signals_of_one_sender, arrive_in_order_for_all_kinds_of_signals) {
    expect_both([](dice& chance) -> task<bool> {
        constexpr int count = 20;
        const pid me = self();
        const std::uint64_t luck = chance.below(1000);
        const monitored_process other = spawn_monitor([=]() -> task<> {
            dice own{luck};
            for (int i = 0; i < count; ++i) {
                send(me, i);
                auto waiting = dally(own, 1);
                co_await waiting;
            }
        });
        for (int i = 0; i < count; ++i) {
            EXPECT_EQ(co_await receive<int>(), i);
        }
        auto last = receive_for<down_message>(0ms);
        const bool here = (co_await last).has_value();
        if (!here) {
            co_await receive<down_message>();
        }
        auto asking = is_alive(other.process);
        EXPECT_FALSE(co_await asking);
        co_return here;
    });
}

TEST(a_kill, comes_before_a_question_of_the_same_process) {
    run_crossings(signal_delays::per_pair, [](dice& chance) -> task<bool> {
        const pid victim = spawn(ends_when_told);
        auto waiting = dally(chance);
        co_await waiting;
        exit(victim, reason::kill);
        auto asking = is_alive(victim);
        EXPECT_FALSE(co_await asking);
        co_return true;
    });
}

struct first {};
struct second {};

/// Whether the first message arrived first. The second message is sent as a consequence of the first.
task<bool> cause_comes_before_effect(dice&) {
    const pid me = self();
    const pid messenger = spawn([me]() -> task<> {
        co_await receive<int>();
        send(me, second{});
    });
    spawn([me, messenger] {
        send(me, first{});
        send(messenger, 1);
    });
    bool in_order = false;
    auto waiting = receive([&](first) { in_order = true; }, [](second) {});
    co_await waiting;
    co_return in_order;
}

TEST(signals_of_two_senders, arrive_in_causal_order_unless_only_pairs_are_ordered) {
    for (const signal_delays delays : {signal_delays::none, signal_delays::in_order}) {
        EXPECT_EQ(run_crossings(delays, cause_comes_before_effect).second, 0);
    }
    const auto [kept, turned_around] =
        run_crossings(signal_delays::per_pair, cause_comes_before_effect);
    EXPECT_GT(kept, 0);
    EXPECT_GT(turned_around, 0);
}

}  // namespace
}  // namespace coppice::test
