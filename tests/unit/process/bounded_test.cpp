// SPDX-License-Identifier: Apache-2.0
// Processes with a limit on their mailboxes: each policy on both sides of the limit, with one sender and with
// several, in the simulator and on scheduler threads. The receiver of a test takes nothing before the test opens
// a gate, so the number of messages is known.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/endless.hpp"
#include "support/gate.hpp"
#include "support/without_delays.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::coming_end;
using test::end_of;
using test::gate;
using test::information_of;
using test::new_gate;
using test::run_everywhere;
using test::run_simulated;
using test::run_without_delays;

using numbers = std::vector<int>;
struct number {
    int value;
};

constexpr mailbox_policy all_policies[] = {mailbox_policy::wait, mailbox_policy::refuse,
                                           mailbox_policy::drop_newest, mailbox_policy::drop_oldest,
                                           mailbox_policy::end};

/// Takes nothing before the gate is open, then sends all numbers in the mailbox to the owner.
task<> collect(pid owner, pid at) {
    auto passing = server<gate>{at}.call<gate::pass>();
    co_await passing;
    numbers got;
    for (;;) {
        const std::optional<number> next = co_await receive_for<number>(0ms);
        if (!next) {
            break;
        }
        got.push_back(next->value);
    }
    send(owner, got);
}

/// Returns when the process is held by the gate.
task<> held_by(server<gate> closed, std::size_t count = 1) {
    for (;;) {
        auto asking = closed.call<gate::waiting>();
        const std::size_t waiting = co_await asking;
        if (waiting >= count) {
            co_return;
        }
        co_await yield();
    }
}

struct policy_row {
    mailbox_policy policy;
    send_status of_one_more;
    numbers kept;
    std::uint64_t refused;
    std::uint64_t dropped;
};

task<> fill_and_add_one(policy_row row) {
    auto making = new_gate();
    const server<gate> closed = co_await making;
    const pid receiver =
        spawn(mailbox_limit{.limit = 3, .policy = row.policy}, collect, self(), closed.whereis());
    co_await held_by(closed);
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(try_send(receiver, number{i}), send_status::sent) << to_string(row.policy);
    }
    EXPECT_EQ(try_send(receiver, number{4}), row.of_one_more) << to_string(row.policy);
    co_await information_of(receiver);  // answered before the oldest message is dropped
    const process_information told = co_await information_of(receiver);
    EXPECT_EQ(told.limit.limit, 3U);
    EXPECT_EQ(told.limit.policy, row.policy);
    closed.cast(gate::open{});
    const numbers got = co_await receive<numbers>();
    EXPECT_EQ(got, row.kept) << to_string(row.policy);
    EXPECT_EQ(told.refused, row.refused) << to_string(row.policy);
    EXPECT_EQ(told.dropped, row.dropped) << to_string(row.policy);
    co_await stop(closed);
}

std::vector<policy_row> rows_of_policies() {
    return {{mailbox_policy::wait, send_status::full, {1, 2, 3}, 0, 0},
            {mailbox_policy::refuse, send_status::full, {1, 2, 3}, 1, 0},
            {mailbox_policy::drop_newest, send_status::dropped, {1, 2, 3}, 0, 1},
            {mailbox_policy::drop_oldest, send_status::sent, {2, 3, 4}, 0, 1}};
}

TEST(a_full_mailbox, treats_one_more_message_by_its_policy) {
    run_without_delays([]() -> task<> {
        const std::vector<policy_row> rows = rows_of_policies();
        for (const policy_row& row : rows) {
            auto filling = fill_and_add_one(row);
            co_await filling;
        }
    });
}

TEST(a_mailbox_without_a_limit, takes_all_messages) {
    run_everywhere([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        const pid receiver = spawn(collect, self(), closed.whereis());
        for (int i = 0; i < 2000; ++i) {
            EXPECT_EQ(try_send(receiver, number{i}), send_status::sent);
        }
        const process_information told = co_await information_of(receiver);
        EXPECT_EQ(told.limit, mailbox_limit{});
        closed.cast(gate::open{});
        const numbers got = co_await receive<numbers>();
        EXPECT_EQ(got.size(), 2000U);
        co_await stop(closed);
    });
}

TEST(try_send, tells_of_a_dead_process_and_gives_a_refused_message_back) {
    run_without_delays([]() -> task<> {
        const pid gone = spawn([] {});
        co_await end_of(gone);
        EXPECT_EQ(try_send(gone, number{1}), send_status::gone);
        EXPECT_EQ(try_send("nobody at all", number{1}), send_status::gone);
        auto making = new_gate();
        const server<gate> closed = co_await making;
        const pid receiver = spawn(mailbox_limit{.limit = 1}, collect, self(), closed.whereis());
        co_await held_by(closed);
        EXPECT_EQ(try_send(receiver, number{1}), send_status::sent);
        std::string long_text(100, 'x');
        EXPECT_EQ(try_send(receiver, std::move(long_text)), send_status::full);
        EXPECT_EQ(long_text, std::string(100, 'x'));  // NOLINT(bugprone-use-after-move)
        closed.cast(gate::open{});
        co_await receive<numbers>();
        co_await stop(closed);
    });
}

task<> send_numbers(pid to, int count) {
    for (int i = 1; i <= count; ++i) {
        send(to, number{i});
        co_await yield_if_due();
    }
}

TEST(several_senders, never_fill_a_mailbox_beyond_its_limit) {
    run_everywhere([]() -> task<> {
        for (const mailbox_policy policy :
             {mailbox_policy::refuse, mailbox_policy::drop_newest, mailbox_policy::drop_oldest}) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            const mailbox_limit limit{.limit = 10, .policy = policy};
            const pid receiver = spawn(limit, collect, self(), closed.whereis());
            co_await held_by(closed);
            std::vector<pid> senders;
            for (int i = 0; i < 4; ++i) {
                senders.push_back(spawn_link(send_numbers, receiver, 50));
            }
            for (const pid& each : senders) {
                co_await end_of(each);
            }
            co_await information_of(receiver);  // behind all messages
            const process_information told = co_await information_of(receiver);
            EXPECT_EQ(told.message_queue_len, 10U) << to_string(policy);
            EXPECT_EQ(told.refused + told.dropped, 190U) << to_string(policy);
            EXPECT_EQ(told.refused != 0, policy == mailbox_policy::refuse);
            closed.cast(gate::open{});
            const numbers got = co_await receive<numbers>();
            EXPECT_EQ(got.size(), 10U);
            co_await stop(closed);
        }
    });
}

task<> trap_and_wait() {
    trap_exit(true);
    co_await receive<down_message>();
}

TEST(a_process_of_policy_end, ends_with_mailbox_full_even_if_it_traps_exits) {
    run_everywhere([]() -> task<> {
        for (const int count : {3, 4, 40}) {
            const monitored_process receiver = spawn_monitor(
                mailbox_limit{.limit = 3, .policy = mailbox_policy::end}, trap_and_wait);
            co_await send_numbers(receiver.process, count);
            if (count == 3) {
                auto asking = is_alive(receiver.process);
                EXPECT_TRUE(co_await asking);
                exit(receiver.process, reason::kill);
            }
            const down_message end = co_await receive<down_message>();
            EXPECT_EQ(end.why, count == 3 ? reason::killed : reason::mailbox_full) << count;
        }
    });
}

TEST(a_sender_of_policy_wait, has_no_turn_until_there_is_room) {
    run_without_delays([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        const mailbox_limit limit{.limit = 3, .policy = mailbox_policy::wait};
        const pid receiver = spawn(limit, collect, self(), closed.whereis());
        co_await held_by(closed);
        constexpr int senders = 4;
        for (int i = 0; i < senders; ++i) {
            spawn_link(send_numbers, receiver, 1);
        }
        const pid last = spawn_link(send_numbers, receiver, 100);
        for (int i = 0; i < 2000; ++i) {
            co_await yield();
        }
        const process_information told = co_await information_of(receiver);
        EXPECT_GT(told.message_queue_len, 3U);
        EXPECT_LE(told.message_queue_len, 3U + senders + 1);
        EXPECT_TRUE(detail::is_alive_now(last));
        closed.cast(gate::open{});
        co_await receive<numbers>();
        co_await end_of(last);  // an ended receiver lets its senders go
        co_await stop(closed);
    });
}

/// Takes `count` numbers, one for each turn.
task<> take_slowly(pid owner, int count) {
    numbers got;
    for (int i = 0; i < count; ++i) {
        const number next = co_await receive<number>();
        got.push_back(next.value);
        co_await yield();
    }
    send(owner, got);
}

TEST(messages_of_policy_wait, arrive_all_in_the_order_of_each_sender) {
    run_everywhere([]() -> task<> {
        for (const std::size_t limit : {1U, 2U, 7U}) {
            const pid receiver =
                spawn(mailbox_limit{.limit = limit, .policy = mailbox_policy::wait}, take_slowly,
                      self(), 400);
            spawn_link(send_numbers, receiver, 300);
            spawn_link(send_numbers, receiver, 100);
            const numbers got = co_await receive<numbers>();
            int of_first = 0;
            int of_second = 0;
            for (const int each : got) {
                if (each == of_first + 1) {
                    ++of_first;
                } else {
                    EXPECT_EQ(each, of_second + 1);
                    ++of_second;
                }
            }
            EXPECT_EQ(of_first + of_second, 400);
        }
    });
}

TEST(a_sender_that_waits, ends_at_once_when_it_is_killed) {
    run_without_delays([]() -> task<> {
        auto making = new_gate();
        const server<gate> closed = co_await making;
        const pid receiver = spawn(mailbox_limit{.limit = 1, .policy = mailbox_policy::wait},
                                   collect, self(), closed.whereis());
        co_await held_by(closed);
        const monitored_process sender = spawn_monitor(send_numbers, receiver, 1000);
        for (int i = 0; i < 200; ++i) {
            co_await yield();
        }
        exit(sender.process, reason::kill);
        const down_message end = co_await receive<down_message>();
        EXPECT_EQ(end.why, reason::killed);
        closed.cast(gate::open{});
        co_await receive<numbers>();
        co_await stop(closed);
    });
}

TEST(a_process, does_not_wait_for_room_in_its_own_mailbox) {
    run_everywhere([]() -> task<> {
        const pid alone =
            spawn(mailbox_limit{.limit = 1, .policy = mailbox_policy::wait}, []() -> task<> {
                co_await receive<test::go>();
                co_await send_numbers(self(), 100);
                co_await take_slowly(self(), 100);
            });
        const coming_end end{alone};
        send(alone, test::go{});
        EXPECT_EQ(co_await end.why(), reason::normal);
    });
}

/// Sends to the next process before it takes from the one before.
task<> pass_on(std::string next_name, pid at, int count) {
    auto passing = server<gate>{at}.call<gate::pass>();
    co_await passing;
    const pid next = whereis(next_name);
    for (int i = 0; i < count; ++i) {
        for (int n = 0; n < 3; ++n) {
            send(next, number{n});
            co_await yield_if_due();
        }
        for (int n = 0; n < 3; ++n) {
            co_await receive<number>();
        }
    }
}

TEST(a_ring_of_full_processes, does_not_stand_still) {
    run_everywhere([]() -> task<> {
        for (const std::size_t size : {2U, 3U, 5U}) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            std::vector<pid> ring;
            for (std::size_t i = 0; i < size; ++i) {
                ring.push_back(spawn(mailbox_limit{.limit = 1, .policy = mailbox_policy::wait},
                                     pass_on, "ring " + std::to_string((i + 1) % size),
                                     closed.whereis(), 50));
                register_name("ring " + std::to_string(i), ring.back());
            }
            closed.cast(gate::open{});
            for (const pid& each : ring) {
                const exit_reason why = co_await end_of(each);
                EXPECT_TRUE(why == reason::normal || why == reason::noproc) << to_string(why);
            }
            co_await stop(closed);
        }
    });
}

/// A full process that traps exits and monitors a victim, and tells which of the signals have come.
task<> hear_of(pid victim, pid owner, pid at) {
    trap_exit(true);
    monitor(victim);
    link(victim);
    auto passing = server<gate>{at}.call<gate::pass>();  // the reply comes into a full mailbox
    co_await passing;
    co_await sleep(1ms);  // so does a timeout
    const down_message down = co_await receive<down_message>();
    const exit_message end = co_await receive<exit_message>();
    send(owner, to_string(down.why) + " " + to_string(end.why));
}

TEST(signals, come_into_a_full_mailbox_of_any_policy) {
    run_everywhere([]() -> task<> {
        for (const mailbox_policy policy : all_policies) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            const pid victim = spawn([]() -> task<> { co_await receive<number>(); });
            const pid receiver = spawn(mailbox_limit{.limit = 2, .policy = policy}, hear_of, victim,
                                       self(), closed.whereis());
            co_await held_by(closed);
            send(receiver, number{1});
            send(receiver, number{2});
            exit(victim, exit_reason{"broken"});
            co_await end_of(victim);
            auto asking = is_alive(receiver);
            EXPECT_TRUE(co_await asking);
            closed.cast(gate::open{});
            const std::string heard = co_await receive<std::string>();
            EXPECT_EQ(heard, "broken broken") << to_string(policy);
            co_await stop(closed);
        }
    });
}

TEST(a_message_of_a_timer, is_lost_at_a_full_mailbox_unless_senders_wait) {
    run_without_delays([]() -> task<> {
        for (const mailbox_policy policy : {mailbox_policy::refuse, mailbox_policy::wait}) {
            auto making = new_gate();
            const server<gate> closed = co_await making;
            const pid receiver = spawn(mailbox_limit{.limit = 1, .policy = policy}, collect, self(),
                                       closed.whereis());
            co_await held_by(closed);
            EXPECT_EQ(try_send(receiver, number{1}), send_status::sent);
            send_after(0ms, receiver, number{2});
            send_after(1ms, self(), number{3});
            co_await receive<number>();
            closed.cast(gate::open{});
            const numbers got = co_await receive<numbers>();
            EXPECT_EQ(got.size(), policy == mailbox_policy::wait ? 2U : 1U);
            co_await stop(closed);
        }
    });
}

TEST(a_limit, is_checked) {
    run_simulated(
        []() -> task<> {
            const auto wait = [] {};
            EXPECT_THROW(spawn(mailbox_limit{}, wait), badarg_error);
            EXPECT_THROW(spawn(mailbox_limit{.limit = 2, .high_water = 3}, wait), badarg_error);
            EXPECT_TRUE(spawn(mailbox_limit{.limit = 2, .high_water = 2}, wait));
            EXPECT_THROW(static_cast<void>(named("x").mailbox({})), badarg_error);
            EXPECT_THROW(static_cast<void>(child<gate>().mailbox({})), badarg_error);
            const auto custom = child_with_start("custom", [] { return start_link<gate>(); });
            EXPECT_THROW(static_cast<void>(child_spec{custom}.mailbox({.limit = 1})), badarg_error);
            co_return;
        },
        1);
}

}  // namespace
}  // namespace coppice
