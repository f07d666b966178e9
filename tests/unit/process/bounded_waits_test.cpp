// SPDX-License-Identifier: Apache-2.0
// Waits for room that do not begin, and messages to an earlier life of the slot of a bounded process.

#include <gtest/gtest.h>

#include "process/runtime_core.hpp"
#include "support/without_delays.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

struct number {};
struct hint {};
struct done {};

task<> take_all() {
    for (;;) {
        co_await receive<number>();
    }
}

/// The end of the turn finds an exit signal that came after the intake, so the wait for room does not begin. The
/// signal is a message, and the turn goes on and ends once more.
task<> send_too_much(pid owner, pid receiver) {
    trap_exit(true);
    send(self(), hint{});
    send(receiver, number{});
    send(receiver, number{});
    auto waiting = receive(when(
                               [](const hint&) {
                                   exit(self(), reason::shutdown);
                                   return false;
                               },
                               [](const hint&) {}),
                           [](const exit_message&) {});
    co_await waiting;
    send(owner, done{});
}

TEST(a_sender_whose_wait_did_not_begin, does_not_follow_the_receiver_instead) {
    test::run_without_delays([]() -> task<> {
        const mailbox_limit limit{.limit = 1, .policy = mailbox_policy::wait};
        const pid receiver = spawn(limit, take_all);
        spawn(send_too_much, self(), receiver);
        const std::optional<done> told = co_await receive_for<done>(5s);
        EXPECT_TRUE(told.has_value());
        exit(receiver, reason::kill);
    });
}

/// A sender has looked at the generation before the earlier life ended, and at the bound afterwards.
TEST(a_message_to_an_earlier_life, does_not_count_at_the_present_one) {
    test::run_simulated(
        []() -> task<> {
            for (const mailbox_policy policy : {mailbox_policy::wait, mailbox_policy::refuse,
                                                mailbox_policy::drop_newest, mailbox_policy::end}) {
                const pid receiver = spawn(mailbox_limit{.limit = 1, .policy = policy},
                                           []() -> task<> { co_await receive<done>(); });
                EXPECT_EQ(try_send(receiver, number{}), send_status::sent);
                const detail::owned_message late{detail::make_message(number{})};
                const process_layer::receipt got =
                    detail::current_runtime()
                        .table()
                        .slot(receiver.index())
                        .push_bounded(*late, receiver.generation() - 1, mailbox::sender_kind::asks);
                EXPECT_EQ(got.how, process_layer::sent::dead) << to_string(policy);
                auto asking = process_info(receiver);
                const std::vector<process_information> told = co_await asking;
                EXPECT_EQ(told.size(), 1U) << to_string(policy);
                if (!told.empty()) {
                    EXPECT_EQ(told[0].refused + told[0].dropped, 0U) << to_string(policy);
                }
                exit(receiver, reason::kill);
            }
        },
        1);
}

}  // namespace
}  // namespace coppice
