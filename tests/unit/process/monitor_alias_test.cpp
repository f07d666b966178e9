// SPDX-License-Identifier: Apache-2.0
// Answers to a monitor: messages while the monitor is active, and nothing afterwards. OTP: an alias that
// `monitor(process, Pid, [{alias, demonitor}])` makes.

#include <string>

#include "coppice/detail/send_reply.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using test::end_of;
using test::rest_of_mailbox;
using test::word;

struct go {};

/// Sends a word to the monitor, tells so, and ends when told to.
task<> answers(pid owner) {
    const ref to = co_await receive<ref>();
    detail::send_reply({owner, to.value(), {}},
                       detail::owned_message{new detail::value_message<word>(word{"an answer"})});
    send(owner, std::string{"sent"});
    co_await receive<go>();
}

TEST(answer_to_a_monitor, is_a_message_with_the_tag_and_the_sender) {
    test::run_everywhere([]() -> task<> {
        const pid who = spawn(answers, self());
        const ref watching = monitor(who);
        send(who, watching);
        const any_message got = co_await receive_any();
        EXPECT_TRUE(got.is<word>());
        EXPECT_EQ(got.sender(), who);
        EXPECT_EQ(detail::tag_of(*got.node()), watching.value());
        co_await receive<std::string>();
        send(who, go{});
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
    });
}

TEST(answer_to_a_monitor, is_dropped_once_the_monitor_is_removed) {
    test::run_everywhere([]() -> task<> {
        const pid who = spawn(answers, self());
        const ref watching = monitor(who);
        demonitor(watching);
        send(who, watching);
        co_await receive<std::string>();
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        send(who, go{});
    });
}

TEST(answer_to_a_monitor, is_dropped_once_the_end_of_the_process_has_been_told) {
    test::run_everywhere([]() -> task<> {
        const pid ended = spawn([] {});
        const ref watching = monitor(ended);
        co_await receive<down_message>();
        const pid who = spawn(answers, self());
        send(who, watching);
        co_await receive<std::string>();
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        send(who, go{});
    });
}

TEST(tag_of_a_message, is_the_monitor_of_a_down_message_and_nothing_of_most_messages) {
    test::run_everywhere([]() -> task<> {
        const pid ended = spawn([] {});
        const ref watching = monitor(ended);
        const any_message down = co_await receive_any();
        EXPECT_EQ(detail::tag_of(*down.node()), watching.value());
        send(self(), 1);
        const any_message plain = co_await receive_any();
        EXPECT_EQ(detail::tag_of(*plain.node()), 0U);
    });
}

}  // namespace
}  // namespace coppice
