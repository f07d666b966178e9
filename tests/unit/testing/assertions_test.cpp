// SPDX-License-Identifier: Apache-2.0
// The assertions of the test kit: both sides of each limit, and the texts.

#include "coppice/testing/assertions.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "coppice/coppice.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using testing::assert_down;
using testing::assert_receive;
using testing::assertion_failed;
using testing::eventually;
using testing::refute_receive;
using testing::sim_world;

/// Runs a body whose assertions hold, and gives the virtual time that passed.
template <class Body>
std::chrono::nanoseconds time_of(Body body) {
    sim_world world{1};
    EXPECT_EQ(world.run(body), reason::normal);
    return world.now();
}

/// Runs a body with a failing assertion and gives the text, without the place.
template <class Body>
std::string failure_of(Body body) {
    sim_world world{1};
    std::string text;
    const auto ended = world.run([&text, body]() -> task<> {
        try {
            auto running = body();
            co_await running;
        } catch (const assertion_failed& failed) {
            text = failed.what();
        }
    });
    EXPECT_EQ(ended, reason::normal);
    const std::string file = "assertions_test.cpp:";
    const std::size_t at = text.find(file);
    EXPECT_NE(at, std::string::npos) << text;
    return at == std::string::npos ? text : text.substr(text.find(": ", at + file.size()) + 2);
}

TEST(assert_receive, takes_the_first_message_of_the_type) {
    time_of([]() -> task<> {
        send(self(), std::string{"no int"});
        send(self(), 1);
        send(self(), 2);
        auto first = assert_receive<int>();
        const int got = co_await first;
        EXPECT_EQ(got, 1);
        auto above = assert_receive<int>([](int m) { return m > 1; });
        const int second = co_await above;
        EXPECT_EQ(second, 2);
        auto text = assert_receive<std::string>();
        const std::string left = co_await text;
        EXPECT_EQ(left, "no int");
    });
}

TEST(assert_receive, waits_up_to_its_limit) {
    EXPECT_EQ(time_of([]() -> task<> {
                  send_after(100ms, self(), 1);
                  auto waiting = assert_receive<int>();
                  co_await waiting;
              }),
              100ms);
    EXPECT_EQ(failure_of([]() -> task<> {
                  send_after(1s, self(), 1);
                  auto waiting = assert_receive<int>(1s - 1ns);
                  co_await waiting;
              }),
              "assert_receive: no message of type int came within 1.0 s; the mailbox is empty");
}

TEST(assert_receive, fails_with_the_contents_of_the_mailbox) {
    EXPECT_EQ(
        failure_of([]() -> task<> {
            send(self(), true);
            send(self(), 7);
            send(self(), 7);
            auto waiting = assert_receive<int>([](int m) { return m == 8; });
            co_await waiting;
        }),
        "assert_receive: no message of type int came within 100 ms; the mailbox has 2 int, 1 bool");
}

TEST(assert_receive, ends_the_process_with_the_text) {
    sim_world world{1};
    const auto ended = world.run([]() -> task<> {
        auto waiting = assert_receive<int>();
        co_await waiting;
    });
    ASSERT_TRUE(ended.has_value());
    EXPECT_NE(to_string(*ended).find("no message of type int came within 100 ms"),
              std::string::npos)
        << to_string(*ended);
}

TEST(refute_receive, waits_for_the_whole_time) {
    EXPECT_EQ(time_of([]() -> task<> {
                  send_after(100ms + 1ns, self(), 1);
                  auto waiting = refute_receive<int>();
                  co_await waiting;
              }),
              100ms);
    EXPECT_EQ(failure_of([]() -> task<> {
                  send_after(99ms, self(), 1);
                  auto waiting = refute_receive<int>();
                  co_await waiting;
              }),
              "refute_receive: a message of type int came");
}

TEST(assert_down, gives_the_reason) {
    time_of([]() -> task<> {
        const pid ends = spawn([]() -> task<> {
            co_await sleep(99ms);
            exit(exit_reason{"tired"});
        });
        auto waiting = assert_down(ends);
        const exit_reason why = co_await waiting;
        EXPECT_EQ(why, exit_reason{"tired"});
        auto again = assert_down(ends, reason::noproc);
        co_await again;
    });
}

TEST(assert_down, fails_for_a_process_that_lives_and_leaves_no_message) {
    const std::string text = failure_of([]() -> task<> {
        const pid stays = spawn([]() -> task<> { co_await sleep(200ms); });
        std::optional<assertion_failed> failed;
        try {
            auto waiting = assert_down(stays, 200ms - 1ns);
            co_await waiting;
        } catch (const assertion_failed& thrown) {
            failed = thrown;
        }
        auto none = refute_receive<down_message>(1s);
        co_await none;
        if (failed) {
            throw assertion_failed{*failed};
        }
    });
    EXPECT_TRUE(text.starts_with("assert_down: <0.")) << text;
    EXPECT_TRUE(text.ends_with("> has not ended within 200 ms")) << text;
}

TEST(assert_down, fails_for_another_reason) {
    const std::string text = failure_of([]() -> task<> {
        const pid ends = spawn([] { exit(exit_reason{"tired"}); });
        auto waiting = assert_down(ends, reason::shutdown);
        co_await waiting;
    });
    EXPECT_TRUE(text.ends_with("> ended with the reason tired instead of shutdown")) << text;
}

TEST(eventually_of_a_process, asks_at_once_and_then_periodically_up_to_its_limit) {
    for (const auto& [holds_at, asked] :
         {std::pair{0ms, 1}, {1ms, 2}, {10ms, 2}, {11ms, 3}, {1000ms, 101}}) {
        int count = 0;
        const auto at = std::chrono::nanoseconds{holds_at};
        time_of([&count, at]() -> task<> {
            auto waiting = eventually([&count, at] {
                ++count;
                return monotonic_time() >= at;
            });
            co_await waiting;
        });
        EXPECT_EQ(count, asked) << holds_at.count();
    }
    EXPECT_EQ(failure_of([]() -> task<> {
                  auto waiting = eventually([] { return monotonic_time() > 1s; });
                  co_await waiting;
              }),
              "eventually: the condition did not hold in time");
}

TEST(eventually_of_a_process, takes_a_coroutine) {
    EXPECT_EQ(time_of([]() -> task<> {
                  auto waiting = eventually(
                      []() -> task<bool> {
                          co_await sleep(1ms);
                          co_return monotonic_time() > 30ms;
                      },
                      1s, 20ms);
                  co_await waiting;
              }),
              43ms);
}

TEST(eventually_of_a_world, lets_time_pass_up_to_its_limit) {
    sim_world world{1};
    const pid ends = world.spawn([]() -> task<> { co_await sleep(1s); });
    EXPECT_THROW(eventually(world, [&] { return !world.alive(ends); }, 1s - 1ns), assertion_failed);
    EXPECT_EQ(world.now(), 1s - 1ns);
    eventually(world, [&] { return !world.alive(ends); }, 1ns);
    EXPECT_EQ(world.now(), 1s);
    eventually(world, [] { return true; }, 0ns);
}

TEST(eventually_of_a_world, refuses_a_period_that_is_not_positive) {
    sim_world world{1};
    EXPECT_THROW(eventually(world, [] { return true; }, 1s, 0ns), std::invalid_argument);
    EXPECT_EQ(world.run([]() -> task<> {
        EXPECT_THROW(co_await eventually([] { return true; }, 1s, -1ns), std::invalid_argument);
    }),
              reason::normal);
    eventually(world, [] { return true; }, 1s, 1ns);
}

}  // namespace
}  // namespace coppice
