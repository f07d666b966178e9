// SPDX-License-Identifier: Apache-2.0
// Processes of two nodes: messages, links, monitors and exit signals, in both directions. The test plays the other
// node.

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "base/turn.hpp"
#include "support/counted.hpp"
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

struct go {};

/// A process that links to `peer` and waits.
auto linked_to(const pid& peer, bool traps) {
    return [peer, traps]() -> task<> {
        trap_exit(traps);
        link(peer);
        co_await receive<go>();
    };
}

task<std::vector<pid>> links_of(pid who) {
    const auto found = co_await process_info(who);
    co_return found.empty() ? std::vector<pid>{} : found[0].links;
}

TEST(messages, between_nodes_keep_their_order_both_ways) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        for (int i = 0; i < 10; ++i) {
            send(there, number{i});
            peer.send(there, self(), number{i});
        }
        for (int i = 0; i < 10; ++i) {
            const auto got = co_await peer.next();
            EXPECT_EQ(got.to, there);
            EXPECT_EQ(got.what->from, self());
            EXPECT_EQ(number_in(got), i);
            const auto message = co_await receive<number>();
            EXPECT_EQ(message.value, i);
        }
        EXPECT_EQ(peer.unread(), 0U);
    });
}

TEST(a_link, between_nodes_carries_the_end_of_either_process) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        for (const exit_reason& why : {exit_reason{"gone"}, reason::kill, reason::shutdown}) {
            const auto waits = linked_to(there, false);
            const pid here = spawn(waits);
            const auto asked = co_await peer.next();
            EXPECT_EQ(asked.what->kind, signal_kind::link);
            EXPECT_EQ(asked.what->from, here);
            EXPECT_EQ(co_await links_of(here), std::vector<pid>(1, there));
            peer.end_link(there, here, why);
            const exit_reason ended = co_await end_of(here);
            EXPECT_TRUE(ended == why || ended == reason::noproc) << to_string(ended);
        }
        const pid here = spawn([]() -> task<> { co_await receive<go>(); });
        peer.link(there, here);
        peer.exit(there, here, "over");
        const auto told = co_await peer.next();
        EXPECT_EQ(told.what->kind, signal_kind::link_exit);
        EXPECT_EQ(told.what->from, here);
        EXPECT_EQ(why_of(told), exit_reason{"over"});
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(a_link, from_a_node_elsewhere_to_a_dead_process_is_answered_with_noproc) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid dead = spawn([] {});
        co_await end_of(dead);
        peer.link(peer.process(1), dead);
        const auto told = co_await peer.next();
        EXPECT_EQ(told.what->kind, signal_kind::link_exit);
        EXPECT_EQ(told.to, peer.process(1));
        EXPECT_EQ(why_of(told), reason::noproc);
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(an_unlink, between_nodes_is_acknowledged_by_either_side) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        link(there);
        unlink(there);
        const auto linked = co_await peer.next();
        const auto ended = co_await peer.next();
        EXPECT_EQ(linked.what->kind, signal_kind::link);
        EXPECT_EQ(ended.what->kind, signal_kind::unlink);
        EXPECT_NE(ended.what->tag, 0U);
        link(there);  // again, before the acknowledgement
        const auto again = co_await peer.next();
        EXPECT_EQ(again.what->kind, signal_kind::link);
        peer.acknowledge_unlink(there, self(), ended.what->tag);
        peer.send(there, self(), go{});
        co_await receive<go>();
        EXPECT_EQ(co_await links_of(self()), std::vector<pid>(1, there));
        peer.unlink(there, self(), 77);
        const auto acknowledged = co_await peer.next();
        EXPECT_EQ(acknowledged.what->kind, signal_kind::unlink_ack);
        EXPECT_EQ(acknowledged.what->tag, 77U);
        EXPECT_TRUE((co_await links_of(self())).empty());
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(an_unlink, that_crosses_the_end_of_a_process_elsewhere_saves_the_process_here) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        link(there);
        unlink(there);
        peer.end_link(there, self(), "gone");  // sent before the unlink signal came
        peer.send(there, self(), go{});
        co_await receive<go>();
        EXPECT_TRUE((co_await links_of(self())).empty());
        EXPECT_EQ(peer.unread(), 2U);
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(an_exit_signal, between_nodes_has_its_effect_at_the_receiver) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        for (const exit_reason& why : {reason::kill, reason::normal, exit_reason{"other"}}) {
            exit(there, why);
            const auto got = co_await peer.next();
            EXPECT_EQ(got.what->kind, signal_kind::exit);
            EXPECT_EQ(got.what->from, self());
            EXPECT_EQ(why_of(got), why);
        }
        const auto waits = linked_to(there, true);
        const pid here = spawn(waits);
        co_await peer.next();
        peer.exit(there, here, "taken as a message");
        peer.exit(there, here, reason::normal);
        EXPECT_TRUE(co_await is_alive(here));
        peer.exit(there, here, reason::kill);
        const auto told = co_await peer.next();
        EXPECT_EQ(told.what->kind, signal_kind::link_exit);
        EXPECT_EQ(why_of(told), reason::killed);
        EXPECT_FALSE(co_await is_alive(here));
    });
}

TEST(a_monitor, of_a_process_elsewhere_fires_once_and_ends_with_demonitor) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        const ref first = monitor(there);
        const auto asked = co_await peer.next();
        EXPECT_EQ(asked.what->kind, signal_kind::monitor);
        EXPECT_EQ(asked.what->tag, first.value());
        peer.end_monitor(asked, "gone");
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, first);
        EXPECT_EQ(down.process, there);
        EXPECT_EQ(down.why, exit_reason{"gone"});

        const ref second = monitor(there);
        const auto again = co_await peer.next();
        EXPECT_FALSE(demonitor(ref{second.value(), there.node()}));  // a reference of the peer
        EXPECT_TRUE(demonitor(second));
        const auto ended = co_await peer.next();
        EXPECT_EQ(ended.what->kind, signal_kind::demonitor);
        EXPECT_EQ(ended.what->tag, again.what->tag);
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(a_monitor, by_a_process_elsewhere_is_told_of_the_end_unless_it_was_removed) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid there = peer.process(1);
        const pid here = spawn([]() -> task<> { co_await receive<go>(); });
        const std::uint64_t kept = peer.monitor(there, here);
        const std::uint64_t removed = peer.monitor(there, here);
        peer.demonitor(there, here, removed);
        peer.exit(there, here, "over");
        const auto told = co_await peer.next();
        EXPECT_EQ(told.what->kind, signal_kind::down);
        EXPECT_EQ(told.what->tag, kept);
        EXPECT_EQ(why_of(told), exit_reason{"over"});
        const std::uint64_t late = peer.monitor(there, here);
        const auto answer = co_await peer.next();
        EXPECT_EQ(answer.what->tag, late);
        EXPECT_EQ(why_of(answer), reason::noproc);
        EXPECT_EQ(peer.unread(), 0U);
        EXPECT_EQ(peer.bonds(), 0U);
    });
}

TEST(a_toll, of_a_node_elsewhere_is_paid_in_reductions) {
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const detail::process& me = *base::current_process();
        for (const std::uint8_t toll : {std::uint8_t{0}, std::uint8_t{9}}) {
            peer.demand(toll);
            const std::uint64_t before = me.reductions();
            send(peer.process(1), number{1});
            EXPECT_EQ(me.reductions() - before, 1U + toll);
        }
        co_return;
    });
}

struct parcel {
    int number;
    test::counted held;
};

TEST(a_message, for_a_node_elsewhere_is_destroyed_once_whether_taken_or_refused) {
    const long before = test::counted::existing();
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        for (int i = 0; i < 100; ++i) {
            parcel each{i, {}};
            send(peer.process(1), std::move(each));
        }
        EXPECT_EQ(peer.unread(), 100U);
        peer.lose();
        parcel last{100, {}};
        send(peer.process(1), std::move(last));
        co_return;
    });
    EXPECT_EQ(test::counted::existing(), before);
}

TEST(messages, of_many_processes_to_and_from_a_node_elsewhere_are_not_lost) {
    constexpr int senders = 8;
    constexpr int each = 500;
    run_everywhere([]() -> task<> {
        fake_peer& peer = fake_peer::of_here();
        const pid me = self();
        const pid there = peer.process(1);
        const auto sends = [me, there, &peer]() -> task<> {
            for (int i = 0; i < each; ++i) {
                send(there, number{i});
                peer.send(there, me, number{i});
                co_await yield_if_due();
            }
        };
        for (int i = 0; i < senders; ++i) {
            spawn(sends);
        }
        std::map<pid, int> next;
        for (int i = 0; i < senders * each; ++i) {
            const auto got = co_await peer.next();
            EXPECT_EQ(number_in(got), next[got.what->from]++);
            co_await receive<number>();
        }
        EXPECT_EQ(next.size(), std::size_t{senders});
        EXPECT_EQ(peer.unread(), 0U);
    });
}

}  // namespace
}  // namespace coppice
