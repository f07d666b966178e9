// SPDX-License-Identifier: Apache-2.0
// Spans of calls: each span begins once and ends once, for every kind of end of the call.

#include <chrono>

#include "support/servers.hpp"
#include "support/telemetry_log.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using telemetry::call_exception;
using telemetry::call_failure;
using telemetry::call_start;
using telemetry::call_stop;
using test::attach_call_words;
using test::failure_of;
using test::fresh;
using test::heard;
using test::keeps;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words;

scripted::ask_task answers_after(std::chrono::nanoseconds time) {
    return {[time](scripted&) -> task<int> {
        co_await sleep(time);
        co_return 7;
    }};
}

TEST(telemetry_of_calls, reports_start_and_stop_with_caller_server_and_request) {
    run_everywhere([]() -> task<> {
        const heard<call_start> starts;
        const heard<call_stop> stops;
        const server<scripted> s = co_await fresh();
        register_name("counted", s.whereis());
        telemetry::attach("t", keeps(starts), keeps(stops));
        const server<scripted> by_name{"counted"};
        EXPECT_EQ(co_await by_name.call(scripted::get{}), 0);
        telemetry::detach("t");
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        EXPECT_EQ(starts.size(), 1U);
        EXPECT_EQ(stops.size(), 1U);
        const call_start began = starts.all().at(0);
        const call_stop ended = stops.all().at(0);
        EXPECT_EQ(began.number, ended.number);
        for (const telemetry::call_facts& each : {telemetry::call_facts{began}, {ended}}) {
            EXPECT_EQ(each.process, self());
            EXPECT_EQ(each.server, s.whereis());
            EXPECT_EQ(each.name, "counted");
            EXPECT_EQ(each.request_type(), "coppice::test::scripted::get");
            EXPECT_FALSE(each.context.has_value());
        }
        EXPECT_GE(ended.duration, 0ns);
        co_await stop(s);
    });
}

TEST(telemetry_of_calls, measures_exactly_on_the_virtual_clock) {
    run_simulated([]() -> task<> {
        const heard<call_stop> stops;
        const heard<call_exception> exceptions;
        telemetry::attach("t", keeps(stops), keeps(exceptions));
        const server<scripted> s = co_await fresh();
        EXPECT_EQ(co_await failure_of(s, answers_after(1234567ns)), "answered");
        const exit_reason late = co_await failure_of(s, answers_after(2s), 50ms);
        EXPECT_EQ(late[0], reason::timeout);
        EXPECT_EQ(stops.all().at(0).duration, 1234567ns);
        EXPECT_EQ(exceptions.all().at(0).duration, 50ms);
        EXPECT_EQ(exceptions.all().at(0).how, call_failure::timeout);
        EXPECT_EQ(exceptions.all().at(0).why, reason::timeout);
    });
}

TEST(telemetry_of_calls, tells_an_exception_for_each_way_to_fail) {
    run_everywhere([]() -> task<> {
        const heard<call_exception> exceptions;
        const heard<> order;
        telemetry::attach("t", keeps(exceptions));
        attach_call_words("order", order);
        const server<scripted> s = co_await fresh();
        const server<scripted> nobody{"nobody"};
        const server<scripted> itself{self()};
        static_cast<void>(co_await failure_of(nobody, scripted::get{}));
        static_cast<void>(co_await failure_of(itself, scripted::get{}));
        const scripted::ask fails{[](scripted&) -> int { exit("out_of_paper"); }};
        static_cast<void>(co_await failure_of(s, fails));
        static_cast<void>(co_await failure_of(s, scripted::get{}));
        const auto all = exceptions.all();
        EXPECT_EQ(all.size(), 4U);
        EXPECT_EQ(all.at(0).how, call_failure::noproc);
        EXPECT_EQ(all.at(0).name, "nobody");
        EXPECT_EQ(all.at(1).how, call_failure::calling_self);
        EXPECT_EQ(all.at(2).how, call_failure::server_ended);
        EXPECT_EQ(all.at(2).why, "out_of_paper");
        EXPECT_EQ(all.at(3).how, call_failure::noproc);
        EXPECT_EQ(all.at(3).why, reason::noproc);
        EXPECT_EQ(order.all(),
                  words("start", "exception noproc", "start", "exception calling_self", "start",
                        "exception server_ended", "start", "exception noproc"));
    });
}

TEST(telemetry_of_calls, ends_the_span_of_a_caller_that_is_killed) {
    run_everywhere([]() -> task<> {
        const heard<call_exception> exceptions;
        const server<scripted> s = co_await fresh();
        telemetry::attach("t", keeps(exceptions));
        const monitored_process waiting = spawn_monitor([s]() -> task<> {
            const scripted::ask_task long_one = answers_after(1h);
            co_await s.call(long_one, no_timeout);
        });
        while (true) {
            const auto seen = co_await process_info(s.whereis());
            if (!seen.at(0).handling.empty()) {
                break;
            }
            co_await sleep(1ms);
        }
        exit(waiting.process, reason::kill);
        co_await receive<down_message>();
        const auto all = exceptions.all();
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.at(0).how, call_failure::caller_ended);
        EXPECT_EQ(all.at(0).why, reason::killed);
        EXPECT_EQ(all.at(0).process, waiting.process);
        exit(s.whereis(), reason::kill);
    });
}

TEST(telemetry_of_calls, that_end_the_caller_are_reported_before_the_end_of_the_caller) {
    run_everywhere([]() -> task<> {
        const heard<> order;
        attach_call_words("t", order);
        auto ending = test::end_of_new([]() -> task<> {
            const server<scripted> nobody{"nobody"};
            static_cast<void>(co_await nobody.call(scripted::get{}));
        });
        const exit_reason why = co_await ending;
        EXPECT_EQ(why[0], reason::noproc);
        EXPECT_EQ(order.all(), words("start", "exception noproc"));
    });
}

TEST(telemetry_of_calls, covers_calls_from_outside_and_leaves_out_system_messages) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    world.start();
    const heard<> order;
    const telemetry::attachment watching{
        world, "t", [order](const call_start& e) { order.add(e.request_type()); }};
    pid served;
    EXPECT_EQ(world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh();
        served = s.whereis();
        co_await sys::get_state(served);
    }),
              reason::normal);
    EXPECT_TRUE(world.call(server<scripted>{served}, scripted::get{}).has_value());
    EXPECT_EQ(order.all(), words("coppice::test::scripted::get"));
}

TEST(telemetry_of_calls, costs_a_message_nothing_when_nothing_is_attached) {
    struct three_words {
        std::uint64_t a, b, c;
    };
    EXPECT_EQ(sizeof(detail::value_message<three_words>), 64U);
    run_simulated([]() -> task<> {
        send(self(), 5);
        const any_message plain = co_await receive_any();
        EXPECT_EQ(plain.node()->type, &detail::value_message<int>::type_of);
    });
}

}  // namespace
}  // namespace coppice
