// SPDX-License-Identifier: Apache-2.0
// Processes of two nodes: calls and names, in both directions, and a lost connection. The test plays the other
// node.

#include <gtest/gtest.h>

#include "support/fake_peer.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using detail::signal_kind;
using test::end_of;
using test::fake_peer;
using test::number;
using test::number_in;
using test::run_everywhere;
using test::why_of;

struct adder {
    int handle_call(number n) { return n.value + 1; }
};

/// Calls `to` with 7 and sends the result, or -1 for noconnection, -2 for another failure.
auto caller_of(const pid& to, const pid& owner, std::chrono::nanoseconds limit) {
    return [to, owner, limit]() -> task<> {
        auto calling = server<adder>{to}.try_call(number{7}, limit);
        const auto answer = co_await calling;
        const bool lost = !answer && answer.error()[0] == reason::noconnection;
        send(owner, number{answer ? *answer : lost ? -1 : -2});
    };
}

TEST(a_call, of_a_server_elsewhere_gets_the_reply) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const auto calls = caller_of(peer.process(1), self(), 1h);
        const pid client = spawn(calls);
        const auto asked = co_await peer.next();
        EXPECT_EQ(asked.what->kind, signal_kind::call);
        EXPECT_EQ(asked.what->from, client);
        EXPECT_EQ(number_in(asked), 7);
        peer.reply(asked, 8);
        const auto answer = co_await receive<number>();
        EXPECT_EQ(answer.value, 8);
        EXPECT_EQ(peer.bonds(), 0U);
        EXPECT_EQ(peer.unread(), 0U);
    });
}

TEST(a_call, of_a_server_elsewhere_fails_when_the_server_ends_or_the_time_is_over) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const auto calls = caller_of(peer.process(1), self(), 1h);
        spawn(calls);
        const auto asked = co_await peer.next();
        peer.end_monitor(asked, "crashed");
        const auto failed = co_await receive<number>();
        EXPECT_EQ(failed.value, -2);

        const auto hurries = caller_of(peer.process(1), self(), 1ms);
        spawn(hurries);
        const auto late = co_await peer.next();
        const auto given_up = co_await peer.next();
        EXPECT_EQ(given_up.what->kind, signal_kind::demonitor);
        EXPECT_EQ(given_up.what->tag, late.what->tag);
        const auto over = co_await receive<number>();
        EXPECT_EQ(over.value, -2);
        peer.reply(late, 8);  // dropped
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(a_call, from_elsewhere_is_answered_or_told_of_the_servers_end) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        auto starting = start<adder>();
        const auto started = co_await starting;
        const pid here = started.process();
        const std::uint64_t tag = peer.call<adder>(there, here, number{41});
        const auto answer = co_await peer.next();
        EXPECT_EQ(answer.what->kind, signal_kind::reply);
        EXPECT_EQ(answer.to, there);
        EXPECT_EQ(answer.what->tag, tag);
        auto& message = static_cast<detail::message_node&>(*answer.what);
        EXPECT_EQ(*static_cast<int*>(message.type->payload(message)), 42);

        exit(here, reason::kill);
        co_await end_of(here);
        const std::uint64_t late = peer.call<adder>(there, here, number{1});
        const auto refused = co_await peer.next();
        EXPECT_EQ(refused.what->kind, signal_kind::down);
        EXPECT_EQ(refused.what->tag, late);
        EXPECT_EQ(why_of(refused), reason::noproc);
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(a_name, is_looked_up_at_the_receiving_node) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        register_name("reader", self());
        peer.send(peer.process(1), whereis("reader"), number{3});  // {reader, Node} ! 3
        const auto got = co_await receive<number>();
        EXPECT_EQ(got.value, 3);
        EXPECT_THROW(register_name("elsewhere", peer.process(1)), badarg_error);
    });
}

TEST(a_lost_connection, ends_links_monitors_and_calls_with_noconnection) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        const auto calls = caller_of(there, self(), 1h);
        const auto links = [there]() -> task<> {
            link(there);
            co_await receive<int>();
        };
        const pid fragile = spawn(links);
        const pid client = spawn(calls);
        const ref watching = monitor(there);
        const ref fragile_watched = monitor(fragile);
        peer.monitor(there, client);
        peer.link(there, self());
        trap_exit(true);
        for (int i = 0; i < 3; ++i) {
            co_await peer.next();
        }
        peer.lose();
        const auto linked = co_await receive<exit_message>();
        EXPECT_EQ(linked.why, reason::noconnection);
        for (const ref& each : {watching, fragile_watched}) {
            auto downs = receive(when([each](const down_message& m) { return m.monitor == each; },
                                      [](const down_message& m) { return m.why; }));
            EXPECT_EQ(co_await downs, reason::noconnection);
        }
        const auto called = co_await receive<number>();
        EXPECT_EQ(called.value, -1);
        EXPECT_EQ(peer.bonds(), 0U);
        EXPECT_EQ(peer.unread(), 0U);  // the end of `client` is told to no node
        monitor(there);
        const auto late = co_await receive<down_message>();
        EXPECT_EQ(late.why, reason::noconnection);
    });
}

}  // namespace
}  // namespace coppice
