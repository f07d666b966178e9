// SPDX-License-Identifier: Apache-2.0
// Spans of user code.

#include <stdexcept>

#include "support/servers.hpp"
#include "support/telemetry_log.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using telemetry::span_exception;
using telemetry::span_start;
using telemetry::span_stop;
using test::end_of_new;
using test::heard;
using test::keeps;
using test::run_everywhere;
using test::run_simulated;
using test::words;

void attach_words(const heard<>& in) {
    telemetry::attach(
        "words", [in](const span_start& e) { in.add("start " + e.name); },
        [in](const span_stop& e) { in.add("stop " + e.name); },
        [in](const span_exception& e) { in.add("exception " + e.name + " " + to_string(e.why)); });
}

TEST(telemetry_span, of_a_function_gives_its_result_and_its_exception) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        attach_words(log);
        int count = 0;
        EXPECT_EQ(telemetry::span("five", [] { return 5; }), 5);
        telemetry::span("nothing", [&] { ++count; });
        int& counted = telemetry::span("reference", [&]() -> int& { return count; });
        EXPECT_EQ(&counted, &count);
        const auto throws = [] { throw std::runtime_error{"boom"}; };
        EXPECT_THROW(telemetry::span("throws", throws), std::runtime_error);
        EXPECT_EQ(log.all(), words("start five", "stop five", "start nothing", "stop nothing",
                                   "start reference", "stop reference", "start throws",
                                   "exception throws {std::runtime_error,\"boom\"}"));
        co_return;
    });
}

TEST(telemetry_span, of_a_task_lasts_until_its_completion) {
    run_simulated([]() -> task<> {
        const heard<span_stop> stops;
        const heard<span_exception> exceptions;
        telemetry::attach("t", keeps(stops), keeps(exceptions));
        const auto slow = []() -> task<int> {
            co_await sleep(30ms);
            co_return 3;
        };
        auto running = telemetry::span("slow", slow);
        EXPECT_EQ(co_await running, 3);
        const auto fails = []() -> task<> {
            co_await sleep(20ms);
            throw std::runtime_error{"boom"};
        };
        auto failing = telemetry::span("fails", fails);
        bool thrown = false;
        try {
            co_await failing;
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        EXPECT_TRUE(thrown);
        EXPECT_EQ(stops.all().at(0).duration, 30ms);
        EXPECT_EQ(stops.all().at(0).process, self());
        EXPECT_EQ(exceptions.all().at(0).duration, 20ms);
    });
}

TEST(telemetry_span, nests) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        attach_words(log);
        const auto outer = [] {
            return telemetry::span("outer",
                                   [] { return telemetry::span("inner", [] { return 1; }); });
        };
        EXPECT_EQ(outer(), 1);
        EXPECT_EQ(log.all(), words("start outer", "start inner", "stop inner", "stop outer"));
        co_return;
    });
}

TEST(telemetry_span, of_an_exiting_or_killed_process_ends) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        attach_words(log);
        auto leaving = end_of_new([]() -> task<> {
            telemetry::span("leaves", [] { exit("enough"); });
            co_return;
        });
        EXPECT_EQ(co_await leaving, "enough");
        const monitored_process waits = spawn_monitor([parent = self()]() -> task<> {
            const auto forever = [parent]() -> task<> {
                send(parent, 1);
                co_await sleep(1h);
            };
            auto waiting = telemetry::span("waits", forever);
            co_await waiting;
        });
        co_await receive<int>();
        exit(waits.process, reason::kill);
        co_await receive<down_message>();
        EXPECT_EQ(log.all(), words("start leaves", "exception leaves enough", "start waits",
                                   "exception waits killed"));
    });
}

TEST(telemetry_span, runs_its_function_when_nothing_is_attached) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(telemetry::span("five", [] { return 5; }), 5);
        const auto slow = []() -> task<int> { co_return 3; };
        auto running = telemetry::span("slow", slow);
        EXPECT_EQ(co_await running, 3);
    });
}

}  // namespace
}  // namespace coppice
