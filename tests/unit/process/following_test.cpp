// SPDX-License-Identifier: Apache-2.0
// Senders following an overwhelmed receiver, and the edge cases: the price of a send, a receiver with a
// handler that does not return, a receiver just ended.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "support/eventually.hpp"
#include "support/looked_after.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using test::eventually;

struct go {};
struct overlooked {};

constexpr std::size_t backlog = 96;
/// With `backlog` unread messages at the receiver a send costs 1 and a toll of 3; a turn has 500 reductions.
constexpr std::size_t sent_a_turn = 125;

task<> send_to_oneself(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        send(self(), overlooked{});
    }
    send(self(), go{});
    co_await receive<go>();  // the toll has been set by now
}

/// Sends `count` messages in one turn. At the end of the turn the caller follows `receiver`.
task<> overwhelm(pid receiver, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        send(receiver, 1);
    }
    co_await yield();
}

task<std::uint64_t> reductions() {
    co_return (co_await process_info(self())).at(0).reductions;
}

/// The cost in reductions of a message to `to`. No other process has a turn meanwhile.
task<std::uint64_t> price_of_a_send(pid to) {
    const std::uint64_t first = co_await reductions();
    const std::uint64_t second = co_await reductions();
    send(to, overlooked{});
    const std::uint64_t third = co_await reductions();
    co_return (third - second) - (second - first);
}

/// Runs in a simulation without signal delays.
template <class Body>
void run_without_delays(Body body) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        runtime_options options = testing::sim_world::quiet();
        options.delays = signal_delays::none;
        testing::sim_world world{seed, options};
        EXPECT_EQ(world.run(body), reason::normal);
    }
}

constexpr int senders = 40;

/// Is overwhelmed, and tells `observer` once everything is read and the toll is set.
task<> read_all(pid observer, int& gone_on) {
    co_await send_to_oneself(backlog);
    for (int i = 0; i < senders; ++i) {
        spawn([me = self(), &gone_on]() -> task<> {
            co_await overwhelm(me, sent_a_turn);
            ++gone_on;
        });
    }
    for (std::size_t i = 0; i < backlog; ++i) {
        co_await receive<overlooked>();
    }
    for (std::size_t i = 0; i < senders * sent_a_turn; ++i) {
        co_await receive<int>();
    }
    co_await yield();
    send(observer, go{});
    co_await receive<go>();
}

TEST(a_send, costs_two_while_senders_wait_for_a_receiver_without_backlog) {
    run_without_delays([]() -> task<> {
        int gone_on = 0;
        const pid receiver = spawn([me = self(), &gone_on] { return read_all(me, gone_on); });
        co_await receive<go>();
        EXPECT_EQ(co_await price_of_a_send(receiver), 2U);
        EXPECT_LT(gone_on, senders);  // so `receiver` still has followers
        while (gone_on < senders) {
            co_await yield();
        }
        co_await is_alive(receiver);  // the answer comes before the new toll is set
        co_await is_alive(receiver);
        EXPECT_EQ(co_await price_of_a_send(receiver), 1U);
        send(receiver, go{});
    });
}

task<> give_turns(int count) {
    for (int i = 0; i < count; ++i) {
        co_await yield();
    }
}

TEST(a_sender, that_waits_for_a_receiver_goes_on_after_the_receiver_is_looked_after) {
    run_without_delays([]() -> task<> {
        co_await send_to_oneself(1000);  // beyond a caught-up backlog
        bool sent = false;
        bool gone_on = false;
        const monitored_process sender = spawn_monitor([me = self(), &sent, &gone_on]() -> task<> {
            sent = true;
            co_await overwhelm(me, sent_a_turn);
            gone_on = true;
        });
        while (!sent) {
            co_await yield();
        }
        co_await give_turns(20);
        EXPECT_FALSE(gone_on);
        test::be_looked_after();
        co_await give_turns(20);  // too few to release a sender if the receiver never catches up
        EXPECT_TRUE(gone_on);
        EXPECT_EQ((co_await receive<down_message>()).monitor, sender.monitor);
    });
}

/// Holds the turn until `who` has ended. Another scheduler thread runs `who`.
void hold_for_the_end_of(const pid& who) {
    const detail::process& slot = *detail::current_runtime().slot_of(who);
    EXPECT_TRUE(eventually([&] { return slot.generation() != who.generation(); }));
}

TEST(a_sender, goes_on_when_its_overwhelmed_receiver_ends_during_the_turn_of_the_sender) {
    for (const unsigned workers : {2U, 4U}) {
        test::run_on_workers(workers, []() -> task<> {
            for (int i = 0; i < 5; ++i) {
                const pid receiver = spawn([me = self()]() -> task<> {
                    co_await send_to_oneself(backlog);
                    send(me, go{});
                    co_await receive<go>();
                });
                co_await receive<go>();
                const monitored_process sender = spawn_monitor([receiver]() -> task<> {
                    for (std::size_t n = 0; n < sent_a_turn; ++n) {
                        send(receiver, 1);
                    }
                    exit(receiver, reason::kill);
                    hold_for_the_end_of(receiver);
                    co_await yield();
                });
                const auto end = co_await receive_for<down_message>(test::patience);
                EXPECT_TRUE(end.has_value());
                exit(sender.process, reason::kill);
            }
        });
    }
}

}  // namespace
}  // namespace coppice
