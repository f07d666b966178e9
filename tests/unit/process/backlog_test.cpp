// SPDX-License-Identifier: Apache-2.0
// Back-pressure: a send to a process with a backlog costs a toll. A sender with enough debt waits until the
// receiver has caught up, and always resumes, whether or not the receiver survives.
//
// A process leaves overlooked messages unread, so its toll is independent of
// its progress with other messages.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using test::end_of;
using test::eventually;
using test::run_everywhere;
using test::run_on_workers;
using test::run_simulated;

struct go {};
struct overlooked {};
struct all_read {};

constexpr unsigned turn_budget = 500;
constexpr std::size_t backlog = 96;
/// The sends of one turn to a process with this backlog: each message costs 1 and a toll of 3.
constexpr std::size_t sent_a_turn = turn_budget / 4;

task<> wait_for_go() {
    co_await receive<go>();
}

TEST(a_process, that_overwhelms_itself_does_not_wait_for_itself) {
    run_everywhere([]() -> task<> {
        for (std::size_t i = 0; i < 10 * backlog; ++i) {
            send(self(), overlooked{});
        }
        co_await yield();  // the toll has been set by now
        for (std::size_t i = 0; i < 10 * turn_budget; ++i) {
            send(self(), overlooked{});
            co_await yield_if_due();
        }
        send(self(), go{});
        co_await receive<go>();
    });
}

/// Leaves `backlog` messages unread from here on; the toll is set on return.
task<> overlook_many() {
    for (std::size_t i = 0; i < backlog; ++i) {
        send(self(), overlooked{});
    }
    send(self(), go{});
    co_await receive<go>();
}

template <class M>
task<> send_many(pid to, std::size_t count, M what) {
    for (std::size_t i = 0; i < count; ++i) {
        send(to, what);
        co_await yield_if_due();
    }
}

/// The number of unread messages of `who`. On return the toll of `who` is set.
task<std::size_t> unread_of(pid who) {
    co_await process_info(who);  // the answer comes before the toll is set
    const auto information = co_await process_info(who);
    co_return information.at(0).message_queue_len;
}

/// Returns when `who` has a backlog. A process that fills its own mailbox may answer in the middle.
task<> wait_for_backlog_of(pid who) {
    std::size_t unread = 0;
    while (unread != backlog) {
        unread = co_await unread_of(who);
    }
}

task<std::uint64_t> reductions() {
    const auto information = co_await process_info(self());
    co_return information.at(0).reductions;
}

/// The cost in reductions of a message to `to`.
task<std::uint64_t> price_of_a_send(pid to) {
    const std::uint64_t first = co_await reductions();
    const std::uint64_t second = co_await reductions();
    send(to, overlooked{});
    co_return (co_await reductions() - second) - (second - first);
}

struct price {
    std::size_t unread;
    std::uint64_t reductions;
};

TEST(a_send, costs_more_the_more_unread_messages_its_receiver_has) {
    run_everywhere([]() -> task<> {
        const pid receiver = spawn(wait_for_go);
        std::size_t sent = 0;
        for (const price& each :
             {price{0, 1}, price{31, 1}, price{32, 2}, price{63, 2}, price{64, 3}, price{8127, 254},
              price{8128, 255}, price{9000, 255}}) {
            co_await send_many(receiver, each.unread - sent, overlooked{});
            EXPECT_EQ(co_await unread_of(receiver), each.unread);
            EXPECT_EQ(co_await price_of_a_send(receiver), each.reductions) << each.unread;
            sent = each.unread + 1;
        }
        send(receiver, go{});
    });
}

TEST(a_send, costs_one_again_when_its_receiver_has_read_its_messages) {
    run_everywhere([]() -> task<> {
        const pid receiver = spawn([asker = self()]() -> task<> {
            co_await receive<go>();
            for (std::size_t i = 0; i <= backlog; ++i) {
                co_await receive<overlooked>();
            }
            send(asker, all_read{});
            co_await receive<go>();
        });
        co_await send_many(receiver, backlog, overlooked{});
        EXPECT_EQ(co_await unread_of(receiver), backlog);
        EXPECT_EQ(co_await price_of_a_send(receiver), 4U);
        send(receiver, go{});
        co_await receive<all_read>();
        EXPECT_EQ(co_await unread_of(receiver), 0U);
        EXPECT_EQ(co_await price_of_a_send(receiver), 1U);
        send(receiver, go{});
    });
}

TEST(a_send, costs_one_to_a_dead_process_to_its_successor_and_to_oneself_without_backlog) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            const pid before = spawn(wait_for_go);
            co_await send_many(before, backlog, overlooked{});
            EXPECT_EQ(co_await unread_of(before), backlog);
            exit(before, reason::kill);
            co_await end_of(before);
            EXPECT_EQ(co_await price_of_a_send(before), 1U);
            const pid after = spawn(wait_for_go);
            EXPECT_EQ(co_await price_of_a_send(after), 1U);
            send(after, go{});
            EXPECT_EQ(co_await price_of_a_send(self()), 1U);
        }
    });
}

struct numbered {
    std::size_t sender;
    std::size_t number;
};

/// Many senders, and one receiver with overlooked messages. The receiver measures its backlog.
class fan_in {
  public:
    fan_in(std::size_t senders, std::size_t each) : senders_{senders}, each_{each} {}

    task<> run() {
        const pid receiver = spawn([this] { return receive_all(); });
        EXPECT_EQ(co_await end_of(receiver), reason::normal);
    }
    std::size_t sent() const { return senders_ * each_; }
    std::size_t most_unread() const { return *std::ranges::max_element(unread_); }

    priority_level priority_of_senders = priority_level::normal;

  private:
    task<> receive_all() {
        co_await overlook_many();
        for (std::size_t i = 0; i < senders_; ++i) {
            spawn([this, i, to = self()] { return send_all(i, to); });
        }
        std::vector<std::size_t> next(senders_, 0);
        for (std::size_t received = 0; received < sent(); ++received) {
            const auto got = co_await receive<numbered>();
            EXPECT_EQ(got.number, next[got.sender]++);
            unread_.push_back(sent_ - received);
        }
    }
    task<> send_all(std::size_t sender, pid to) {
        priority(priority_of_senders);
        co_await yield();
        for (std::size_t i = 0; i < each_; ++i) {
            ++sent_;
            send(to, numbered{sender, i});
            co_await yield_if_due();
        }
    }

    std::size_t senders_;
    std::size_t each_;
    std::atomic<std::size_t> sent_{0};
    std::vector<std::size_t> unread_;
};

class a_receiver_of : public ::testing::TestWithParam<std::size_t> {
  protected:
    /// Without a toll, each sender sends four times as much in a turn, and most senders send everything.
    std::size_t each() const { return GetParam() == 100 ? 1000 : 20'000 / GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(senders, a_receiver_of, ::testing::Values(1U, 2U, 100U));

TEST_P(a_receiver_of, many_messages_has_at_most_one_turn_of_each_sender_unread) {
    std::optional<fan_in> all;
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        all.emplace(GetParam(), each());
        runtime_options options = testing::sim_world::quiet();
        options.delays = signal_delays::none;  // no signal in transit, all are in mailboxes
        testing::sim_world world{seed, options};
        EXPECT_EQ(world.run([&] { return all->run(); }), reason::normal);
        EXPECT_LE(all->most_unread(), GetParam() * sent_a_turn);
        EXPECT_GE(all->most_unread(), sent_a_turn / 2);
    }
}

TEST_P(a_receiver_of, many_messages_is_hardly_further_behind_on_a_worker) {
    fan_in all{GetParam(), each()};
    run_on_workers(1, [&] { return all.run(); });
    // A turn is shorter, and releases all waiting senders, if the thread is held up.
    EXPECT_LE(all.most_unread(), 3 * GetParam() * sent_a_turn);
}

TEST_P(a_receiver_of, many_messages_gets_all_of_each_sender_in_order_from_other_workers) {
    for (const unsigned workers : {2U, 4U}) {
        fan_in all{GetParam(), each()};
        run_on_workers(workers, [&] { return all.run(); });
    }
}

TEST(a_sender, of_high_priority_does_not_wait_for_a_receiver_of_normal_priority) {
    fan_in all{1, 5000};
    all.priority_of_senders = priority_level::high;
    run_on_workers(1, [&] { return all.run(); });
    EXPECT_EQ(all.most_unread(), all.sent());
}

/// Overlooks some messages, sends to the next process of a ring, and reads the arriving messages.
task<> overwhelm_the_next(std::size_t count) {
    co_await overlook_many();
    const pid next = co_await receive<pid>();
    co_await send_many(next, count, 1);
    for (std::size_t i = 0; i < count; ++i) {
        co_await receive<int>();
    }
}

task<> run_ring(std::size_t size, std::size_t count) {
    std::vector<pid> all;
    for (std::size_t i = 0; i < size; ++i) {
        all.push_back(spawn_monitor([count] { return overwhelm_the_next(count); }).process);
    }
    for (std::size_t i = 0; i < size; ++i) {
        send(all[i], all[(i + 1) % size]);
    }
    for (std::size_t i = 0; i < size; ++i) {
        EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
    }
}

class a_ring_of : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(size, a_ring_of, ::testing::Values(1U, 2U, 3U, 10U));

TEST_P(a_ring_of, processes_that_overwhelm_each_other_finishes) {
    run_everywhere([]() -> task<> { co_await run_ring(GetParam(), 3000); });
}

TEST_P(a_ring_of, processes_with_turns_of_one_message_finishes) {
    runtime_options options = testing::sim_world::quiet();
    options.turn_budget = 1;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        testing::sim_world world{seed, options};
        EXPECT_EQ(world.run([] { return run_ring(GetParam(), 100); }), reason::normal);
    }
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, [] { return run_ring(GetParam(), 1000); }, options);
    }
}

TEST(a_sender, goes_on_when_the_receiver_that_it_waits_for_ends) {
    run_everywhere([]() -> task<> {
        for (int round = 0; round < 30; ++round) {
            const pid receiver = spawn([round]() -> task<> {
                co_await overlook_many();
                for (int i = 0; i < 20 * round; ++i) {
                    co_await receive<int>();
                }
                if (round % 3 == 0) {
                    exit("bored");
                } else if (round % 3 == 1) {
                    co_await receive<go>();
                }
            });
            spawn_monitor([receiver] { return send_many(receiver, 2000, 1); });
            if (round % 3 == 1) {
                for (int i = 0; i < round; ++i) {
                    co_await yield();
                }
                exit(receiver, reason::kill);
            }
            EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        }
    });
}

TEST(a_sender, goes_on_when_its_receiver_becomes_idle_before_the_wait_begins) {
    for (const unsigned workers : {2U, 4U}) {
        run_on_workers(workers, []() -> task<> {
            for (int round = 0; round < 20; ++round) {
                std::atomic<bool> done{false};
                const pid receiver = spawn([&done]() -> task<> {
                    co_await receive<go>();
                    done = true;
                    co_await receive<go>();
                });
                co_await send_many(receiver, backlog, overlooked{});
                EXPECT_EQ(co_await unread_of(receiver), backlog);
                for (std::size_t i = 0; i < sent_a_turn; ++i) {
                    send(receiver, overlooked{});
                }
                send(receiver, go{});
                // Within this turn: another scheduler thread runs the receiver, which then waits.
                EXPECT_TRUE(eventually([&] { return done.load(); }));
                for (int i = 0; i < 100; ++i) {
                    std::this_thread::yield();
                }
                co_await yield();
                send(receiver, go{});
            }
        });
    }
}

TEST(a_receiver, that_waits_after_each_message_keeps_no_sender_waiting) {
    runtime_options options = testing::sim_world::quiet();
    options.turn_budget = 1;
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(
            workers,
            []() -> task<> {
                constexpr std::size_t senders = 4;
                constexpr std::size_t each = 3000;
                const pid receiver = spawn_monitor([]() -> task<> {
                                         co_await overlook_many();
                                         for (std::size_t i = 0; i < senders * each; ++i) {
                                             co_await receive<int>();
                                         }
                                     }).process;
                auto waiting = wait_for_backlog_of(receiver);
                co_await waiting;
                for (std::size_t i = 0; i < senders; ++i) {
                    spawn_monitor([receiver] { return send_many(receiver, each, 1); });
                }
                for (std::size_t i = 0; i <= senders; ++i) {
                    EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
                }
            },
            options);
    }
}

TEST(a_receiver, that_ends_releases_a_hundred_waiting_senders) {
    run_everywhere([]() -> task<> {
        const pid receiver = spawn_monitor([]() -> task<> {
                                 co_await overlook_many();
                                 for (std::size_t i = 0; i < 2 * sent_a_turn; ++i) {
                                     co_await receive<int>();
                                 }
                             }).process;
        for (int i = 0; i < 100; ++i) {
            spawn_monitor([receiver] { return send_many(receiver, 2 * sent_a_turn, 1); });
        }
        for (int i = 0; i < 101; ++i) {
            EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        }
    });
}

TEST(a_sender, that_is_killed_while_it_waits_for_a_receiver_ends) {
    run_everywhere([]() -> task<> {
        const pid receiver = spawn([]() -> task<> {
            co_await overlook_many();
            for (;;) {
                co_await receive<int>();
            }
        });
        for (int i = 0; i < 20; ++i) {
            const auto sender = spawn_monitor([receiver]() -> task<> {
                for (;;) {
                    co_await send_many(receiver, 1000, 1);
                }
            });
            for (int turns = 0; turns < i; ++turns) {
                co_await yield();
            }
            exit(sender.process, reason::kill);
            EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
        }
        exit(receiver, reason::kill);
    });
}

/// Sends one burst per message received, and rests after each burst.
task<> send_bursts(pid feeder, pid receiver, int bursts, std::size_t each) {
    for (int i = 0; i < bursts; ++i) {
        send(feeder, self());
        co_await receive<go>();
        for (std::size_t n = 0; n < each; ++n) {
            send(receiver, 1);
        }
    }
}

task<> feed() {
    for (;;) {
        const pid hungry = co_await receive<pid>();
        send(hungry, go{});
    }
}

TEST(senders, that_rest_after_each_burst_wait_for_their_receiver_too) {
    constexpr int senders = 20;
    constexpr int bursts = 20;
    constexpr std::size_t each = 100;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        std::size_t most = 0;
        testing::sim_world world{seed};
        const auto ended = world.run([&most]() -> task<> {
            const pid receiver = spawn_monitor([]() -> task<> {
                                     co_await overlook_many();
                                     for (std::size_t i = 0; i < senders * bursts * each; ++i) {
                                         co_await receive<int>();
                                     }
                                 }).process;
            co_await unread_of(receiver);
            const pid feeder = spawn_link(feed);
            for (int i = 0; i < senders; ++i) {
                spawn([=] { return send_bursts(feeder, receiver, bursts, each); });
            }
            while (co_await is_alive(receiver)) {
                for (const process_information& now : co_await process_info(receiver)) {
                    most = std::max(most, now.message_queue_len);
                }
            }
        });
        EXPECT_EQ(ended, reason::normal);
        EXPECT_LE(most, 2 * senders * each);
    }
}

/// Overlooks more messages than allowed for a caught-up receiver, and never rests.
task<> never_catch_up(std::atomic<int>& turns) {
    for (int i = 0; i < 1000; ++i) {
        send(self(), overlooked{});
    }
    send(self(), go{});
    co_await receive<go>();
    for (;;) {
        ++turns;
        co_await yield();
    }
}

TEST(a_sender, that_waits_for_a_receiver_hears_of_an_exit_signal_at_once) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        std::atomic<int> turns{0};
        testing::sim_world world{seed};
        const auto ended = world.run([&turns]() -> task<> {
            const pid receiver = spawn_link([&turns] { return never_catch_up(turns); });
            co_await unread_of(receiver);
            const auto sender = spawn_monitor([receiver] { return send_many(receiver, 1000, 1); });
            for (int i = 0; i < 20; ++i) {
                co_await yield();
            }
            const int before = turns;
            exit(sender.process, reason::kill);
            EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
            EXPECT_LT(turns - before, 32);
            exit(receiver, reason::kill);
        });
        EXPECT_TRUE(ended == reason::normal || ended == reason::killed);
    }
}

TEST(a_sender, finishes_although_its_receiver_never_catches_up) {
    run_everywhere([]() -> task<> {
        std::atomic<int> turns{0};
        const pid receiver = spawn([&turns] { return never_catch_up(turns); });
        co_await unread_of(receiver);
        for (int i = 0; i < 3; ++i) {
            spawn_monitor([receiver] { return send_many(receiver, 100, 1); });
        }
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        }
        monitor(receiver);
        exit(receiver, reason::kill);
        EXPECT_EQ((co_await receive<down_message>()).why, reason::killed);
    });
}

TEST(senders, to_more_overwhelmed_receivers_than_there_are_places_all_get_done) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 120; ++i) {
            const pid receiver = spawn_monitor([]() -> task<> {
                                     co_await overlook_many();
                                     for (std::size_t n = 0; n < 4 * sent_a_turn; ++n) {
                                         co_await receive<int>();
                                     }
                                 }).process;
            spawn_monitor([receiver] { return send_many(receiver, 4 * sent_a_turn, 1); });
        }
        for (int i = 0; i < 240; ++i) {
            EXPECT_EQ((co_await receive<down_message>()).why, reason::normal);
        }
    });
}

}  // namespace
}  // namespace coppice
