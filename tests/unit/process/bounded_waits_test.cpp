// SPDX-License-Identifier: Apache-2.0
// Waits for room that do not begin.

#include <gtest/gtest.h>

#include "support/without_delays.hpp"

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

}  // namespace
}  // namespace coppice
