// SPDX-License-Identifier: Apache-2.0
// Several calls at a time: all, any, multi_call, and a call over the restarts of its server.

#include "coppice/requests.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of_new;
using test::fresh;
using test::next_word;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;

scripted::ask_task answers_after(std::chrono::nanoseconds time, int answer) {
    return {[time, answer](scripted&) -> task<int> {
        co_await sleep(time);
        co_return answer;
    }};
}

struct clerk {
    struct title {};
    struct note {};
    std::string handle_call(title) const { return "clerk"; }
    void handle_call(note) const {}
};

task<server<clerk>> new_clerk() {
    const start_result<clerk> started = co_await start<clerk>();
    co_return started.value();
}

TEST(all, makes_its_calls_at_the_same_time) {
    run_simulated([]() -> task<> {
        const server<scripted> a = co_await fresh();
        const server<scripted> b = co_await fresh();
        const auto before = monotonic_time();
        auto calling = all(a.call(answers_after(300ms, 1)), b.call(answers_after(200ms, 2)));
        const auto [one, two] = co_await calling;
        EXPECT_EQ(one, 1);
        EXPECT_EQ(two, 2);
        EXPECT_EQ(monotonic_time() - before, 300ms);
    });
}

TEST(all, takes_calls_of_different_classes_and_replies_without_content) {
    run_everywhere([]() -> task<> {
        const server<scripted> a = co_await fresh();
        const server<clerk> b = co_await new_clerk();
        auto calling = all(a.call(scripted::get{}), b.call(clerk::title{}), b.call(clerk::note{}));
        const std::tuple<int, std::string, std::monostate> got = co_await calling;
        EXPECT_EQ(std::get<0>(got), 0);
        EXPECT_EQ(std::get<1>(got), "clerk");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(all, ends_its_caller_as_the_call_that_fails_first_would) {
    run_simulated([]() -> task<> {
        const server<scripted> a = co_await fresh();
        const server<scripted> b = co_await fresh();
        const exit_reason why = co_await end_of_new([a, b]() -> task<> {
            auto calling =
                all(a.call(answers_after(1h, 1), no_timeout), b.call(answers_after(1h, 2), 50ms));
            co_await calling;
        });
        EXPECT_EQ(why[0], reason::timeout);
        EXPECT_EQ(why[1][0], exit_reason{"gen_server"});
        EXPECT_EQ(why[1][2][2], exit_reason::integer(50));
    });
}

TEST(all, gives_the_failures_of_tried_calls) {
    run_everywhere([]() -> task<> {
        const server<scripted> a = co_await fresh();
        auto calling =
            all(a.try_call(scripted::get{}), server<scripted>{}.try_call(scripted::get{}),
                server<scripted>{self()}.try_call(scripted::get{}));
        const auto [good, missing, own] = co_await calling;
        EXPECT_EQ(good.value(), 0);
        EXPECT_EQ(missing.error()[0], reason::noproc);
        EXPECT_EQ(own.error()[0], reason::calling_self);
    });
}

TEST(all, takes_a_reply_just_before_the_limit_of_its_call_and_none_just_after) {
    run_simulated([]() -> task<> {
        const server<scripted> a = co_await fresh();
        const server<scripted> b = co_await fresh();
        auto calling = all(a.try_call(answers_after(100ms, 1), 100ms + 1ns),
                           b.try_call(answers_after(100ms, 2), 100ms - 1ns));
        const auto [good, late] = co_await calling;
        EXPECT_EQ(good.value(), 1);
        EXPECT_EQ(late.error()[0], reason::timeout);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(any, gives_the_first_reply_and_abandons_the_other_calls) {
    run_simulated([]() -> task<> {
        const server<scripted> a = co_await fresh();
        const server<scripted> b = co_await fresh();
        auto calling = any(a.call(answers_after(300ms, 1)), b.call(answers_after(200ms, 2)));
        const any_reply<int> got = co_await calling;
        EXPECT_EQ(got.index, 1U);
        EXPECT_EQ(got.value, 2);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(any, fails_only_if_all_its_calls_fail) {
    run_everywhere([]() -> task<> {
        const server<scripted> a = co_await fresh();
        auto calling = any(server<scripted>{}.call(scripted::get{}), a.call(scripted::get{}));
        const any_reply<int> got = co_await calling;
        EXPECT_EQ(got.index, 1U);
        auto failing = any(server<scripted>{}.try_call(scripted::get{}),
                           server<scripted>{"nobody"}.try_call(scripted::get{}));
        const auto failed = co_await failing;
        EXPECT_EQ(failed.error()[0], reason::noproc);
        EXPECT_EQ(failed.error()[1][2][0], exit_reason{"nobody"});
    });
}

TEST(any, of_calls_without_content_tells_which_was_answered) {
    run_everywhere([]() -> task<> {
        const server<clerk> b = co_await new_clerk();
        auto calling = any(b.call(clerk::note{}));
        const any_reply<void> got = co_await calling;
        EXPECT_EQ(got.index, 0U);
    });
}

TEST(multi_call, lists_the_replies_and_the_bad_servers_in_the_order_of_the_servers) {
    run_simulated([]() -> task<> {
        const server<scripted> slow = co_await fresh();
        const server<scripted> quick = co_await fresh();
        const server<scripted> late = co_await fresh();
        const std::vector<server<scripted>> asked{slow, server<scripted>{"nobody"}, late, quick};
        scripted::ask_task by_value{[late](scripted&) -> task<int> {
            const bool is_late = self() == late.whereis();
            co_await sleep(is_late ? 101ms : 100ms);
            co_return 1;
        }};
        auto calling = multi_call(asked, by_value, 100ms + 1ns);
        const auto got = co_await calling;
        EXPECT_EQ(got.replies.size(), 2U);
        EXPECT_EQ(got.replies.at(0).first, slow);
        EXPECT_EQ(got.replies.at(1).first, quick);
        const std::vector<server<scripted>> bad{server<scripted>{"nobody"}, late};
        EXPECT_EQ(got.bad, bad);
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

/// A server with a name, which begins after a time.
void begin_later(std::chrono::nanoseconds time, const pid& owner) {
    spawn([time, owner]() -> task<> {
        co_await sleep(time);
        auto starting = start<scripted>(named("later"), scripted::options{owner});
        co_await starting;
    });
}

TEST(a_call_over_restarts, is_answered_by_the_server_that_comes_within_the_time) {
    run_simulated([]() -> task<> {
        begin_later(900ms, self());
        auto calling = call_over_restarts(server<scripted>{"later"}, scripted::get{}, 1s);
        EXPECT_EQ(co_await calling, 0);
    });
}

TEST(a_call_over_restarts, gives_the_last_failure_when_the_time_is_over) {
    run_simulated([]() -> task<> {
        begin_later(1100ms, self());
        const auto before = monotonic_time();
        auto calling = try_call_over_restarts(server<scripted>{"later"}, scripted::get{}, 1s);
        const response<int> got = co_await calling;
        EXPECT_EQ(got.error()[0], reason::noproc);
        EXPECT_GE(monotonic_time() - before, 998ms);
        EXPECT_LE(monotonic_time() - before, 1s);
    });
}

TEST(a_call_over_restarts, is_repeated_when_the_server_ends_in_the_middle) {
    run_simulated([]() -> task<> {
        auto starting = start<scripted>(named("later"), scripted::options{self()});
        co_await starting;
        const auto attempts = std::make_shared<int>(0);
        scripted::ask crashes_once{[attempts](scripted& t) -> int {
            if (++*attempts == 1) {
                begin_later(50ms, t.chosen.owner);
                exit("crash");
            }
            return 5;
        }};
        const server<scripted> later{"later"};
        auto calling = try_call_over_restarts(later, crashes_once, 1s);
        const response<int> got = co_await calling;
        EXPECT_EQ(got.value(), 5);
        EXPECT_EQ(*attempts, 2);
    });
}

TEST(a_call_over_restarts, is_made_once_to_a_pid) {
    run_simulated([]() -> task<> {
        const server<scripted> dead = co_await fresh();
        co_await stop(dead);
        const auto before = monotonic_time();
        auto calling = try_call_over_restarts(dead, scripted::get{}, 1s);
        const response<int> got = co_await calling;
        EXPECT_EQ(got.error()[0], reason::noproc);
        EXPECT_EQ(monotonic_time(), before);
    });
}

}  // namespace
}  // namespace coppice
