// SPDX-License-Identifier: Apache-2.0
// Requests whose responses are messages, and collections of requests.

#include "coppice/requests.hpp"

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh;
using test::next_word;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;

scripted::ask_task answers_after(std::chrono::nanoseconds time, int answer = 7) {
    return {[time, answer](scripted&) -> task<int> {
        co_await sleep(time);
        co_return answer;
    }};
}

scripted::ask stops_with(exit_reason why) {
    return {[why = std::move(why)](scripted&) -> int { exit(why); }};
}

TEST(send_request, goes_on_at_once_and_receives_each_reply_later) {
    run_everywhere([]() -> task<> {
        const server<scripted> first = co_await fresh();
        const server<scripted> second = co_await fresh();
        const request_id<int> one = send_request(first, answers_after(2ms, 1));
        const request_id<int> two = send_request(second, answers_after(1ms, 2));
        auto waiting = receive_response(one);
        const response<int> got_one = co_await waiting;
        auto waiting_again = receive_response(two);
        const response<int> got_two = co_await waiting_again;
        EXPECT_EQ(got_one, response<int>{1});
        EXPECT_EQ(got_two, response<int>{2});
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        const std::vector<process_information> me = co_await process_info(self());
        EXPECT_TRUE(me.at(0).monitors.empty());
    });
}

TEST(a_response, brings_a_value_that_can_be_sent_on_as_a_message) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        send_request(s, scripted::get{});
        auto next = receive<response_message>();
        response_message got = co_await next;
        EXPECT_EQ(got.reply.sender(), s.whereis());
        send(self(), std::move(got.reply));
        EXPECT_EQ(co_await receive<int>(), 0);
    });
}

TEST(send_request, leaves_other_messages_in_the_mailbox) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        send(self(), 1);
        const request_id<int> asked = send_request(s, scripted::get{});
        send(self(), 2);
        auto waiting = receive_response(asked);
        const response<int> got = co_await waiting;
        EXPECT_EQ(got, response<int>{0});
        EXPECT_EQ(co_await receive<int>(), 1);
        EXPECT_EQ(co_await receive<int>(), 2);
    });
}

TEST(send_request, to_no_server_is_answered_noproc) {
    run_everywhere([]() -> task<> {
        const server<scripted> dead = co_await fresh();
        co_await stop(dead);
        EXPECT_EQ(co_await next_word(), "terminate normal");
        for (const server<scripted>& s : {dead, server<scripted>{"nobody"}, server<scripted>{}}) {
            const request_id<int> asked = send_request(s, scripted::get{});
            auto waiting = receive_response(asked);
            const response<int> got = co_await waiting;
            const exit_reason expected =
                exit_reason::tuple(reason::noproc, detail::term_of(s.where()));
            EXPECT_EQ(got.error(), expected);
        }
    });
}

TEST(send_request, ends_with_the_reason_of_the_server) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> asked = send_request(s, stops_with("broken"));
        auto waiting = receive_response(asked);
        const response<int> got = co_await waiting;
        EXPECT_EQ(got.error()[0], exit_reason{"broken"});
        EXPECT_EQ(co_await next_word(), "terminate broken");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(send_request, to_the_sender_itself_is_a_message_of_its_own) {
    run_simulated([]() -> task<> {
        const request_id<int> asked = send_request(server<scripted>{self()}, scripted::get{});
        auto waiting = receive_response(asked, 1s);
        const response<int> got = co_await waiting;
        EXPECT_EQ(got.error(), reason::timeout);
    });
}

TEST(receive_response, takes_a_reply_just_before_its_limit_and_abandons_the_request_just_after) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> early = send_request(s, answers_after(100ms));
        auto waiting = receive_response(early, 100ms + 1ns);
        const response<int> got = co_await waiting;
        EXPECT_EQ(got, response<int>{7});

        const request_id<int> late = send_request(s, answers_after(100ms));
        auto waiting_less = receive_response(late, 100ms - 1ns);
        const response<int> missed = co_await waiting_less;
        EXPECT_EQ(missed.error(), reason::timeout);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(wait_response, that_times_out_leaves_the_request_to_a_later_wait) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> asked = send_request(s, answers_after(100ms));
        auto short_wait = wait_response(asked, 99ms);
        const response<int> missed = co_await short_wait;
        EXPECT_EQ(missed.error(), reason::timeout);
        auto long_wait = wait_response(asked, 2ms);
        const response<int> got = co_await long_wait;
        EXPECT_EQ(got, response<int>{7});
    });
}

TEST(check_response, takes_the_response_of_its_request_only) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> one = send_request(s, scripted::get{});
        const request_id<int> two = send_request(s, scripted::get{});
        any_message first = co_await receive_any();
        EXPECT_FALSE(check_response(first, two).has_value());
        EXPECT_EQ(check_response(first, one), response<int>{0});
        any_message second = co_await receive_any();
        EXPECT_EQ(check_response(second, two), response<int>{0});
        any_message other = any_message::of(3);
        EXPECT_FALSE(check_response(other, two).has_value());
        EXPECT_FALSE(check_response(second, request_id<int>{}).has_value());
    });
}

TEST(a_request, that_another_process_answers_leaves_no_monitor_at_the_server) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> asked = send_request(
            s, scripted::ask_later{[](scripted&, reply_to<int> to) { spawn([to] { to(5); }); }});
        auto waiting = receive_response(asked);
        const response<int> got = co_await waiting;
        EXPECT_EQ(got, response<int>{5});
        co_await s.call(scripted::get{});
        const std::vector<process_information> seen = co_await process_info(s.whereis());
        EXPECT_TRUE(seen.at(0).monitored_by.empty());
    });
}

TEST(a_request, is_withdrawn_when_its_sender_ends) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const exit_reason ended = co_await test::end_of_new(
            [s] { send_request(s, scripted::ask_later{[](scripted&, reply_to<int>) {}}); });
        EXPECT_EQ(ended, reason::normal);
        co_await s.call(scripted::get{});
        const std::vector<process_information> seen = co_await process_info(s.whereis());
        EXPECT_TRUE(seen.at(0).monitored_by.empty());
    });
}

TEST(a_collection, gives_each_response_with_its_label_as_it_comes) {
    run_simulated([]() -> task<> {
        request_collection<int> all_requests;
        for (const int time : {3, 1, 2}) {
            const server<scripted> s = co_await fresh();
            all_requests.add(send_request(s, answers_after(time * 1ms, time)),
                             "after " + std::to_string(time));
        }
        EXPECT_EQ(all_requests.size(), 3U);
        for (const int time : {1, 2, 3}) {
            auto waiting = receive_response(all_requests);
            const auto got = co_await waiting;
            EXPECT_EQ(got->outcome, response<int>{time});
            EXPECT_EQ(got->label, "after " + std::to_string(time));
        }
        auto waiting = receive_response(all_requests);
        const auto none = co_await waiting;
        EXPECT_EQ(none.error(), no_response::no_request);
    });
}

TEST(a_collection, abandons_all_requests_when_a_receive_times_out_and_none_when_a_wait_does) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        request_collection<int> asked;
        asked.add(send_request(s, answers_after(100ms)), "late");
        auto waiting = wait_response(asked, 99ms);
        const auto missed = co_await waiting;
        EXPECT_EQ(missed.error(), no_response::timeout);
        EXPECT_EQ(asked.size(), 1U);
        auto receiving = receive_response(asked, 0ms);
        const auto abandoned = co_await receiving;
        EXPECT_EQ(abandoned.error(), no_response::timeout);
        EXPECT_EQ(asked.size(), 0U);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(a_collection, refuses_a_request_that_it_has_and_the_empty_request) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> asked = send_request(s, scripted::get{});
        request_collection<int> collected;
        collected.add(asked, "once");
        EXPECT_THROW(collected.add(asked, "twice"), badarg_error);
        EXPECT_THROW(collected.add(request_id<int>{}, "none"), badarg_error);
        EXPECT_EQ(collected.to_list().size(), 1U);
    });
}

TEST(a_collection, checks_messages_of_its_requests_only) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const request_id<int> other = send_request(s, scripted::get{});
        response_message foreign = co_await receive<response_message>();
        request_collection<int> asked;
        const auto empty = check_response(foreign, asked);
        EXPECT_EQ(empty.error(), no_response::no_request);
        asked.add(send_request(s, scripted::get{}), "mine");
        const auto no_reply = check_response(foreign, asked);
        EXPECT_EQ(no_reply.error(), no_response::no_reply);
        EXPECT_EQ(check_response(foreign, other), response<int>{0});
        response_message mine = co_await receive<response_message>();
        const auto got = check_response(mine, asked);
        EXPECT_EQ(got->label, "mine");
        EXPECT_EQ(asked.size(), 0U);
    });
}

}  // namespace
}  // namespace coppice
