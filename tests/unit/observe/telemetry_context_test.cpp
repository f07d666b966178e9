// SPDX-License-Identifier: Apache-2.0
// Trace contexts: the messages that carry one, the receivers, and the duration.

#include "support/servers.hpp"
#include "support/telemetry_log.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using telemetry::call_start;
using telemetry::current_context;
using telemetry::new_trace;
using telemetry::trace_context;
using telemetry::with_context;
using test::fresh;
using test::heard;
using test::keeps;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;

using maybe_context = std::optional<trace_context>;

trace_context example() {
    return *telemetry::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

/// The context as seen by the receiver.
struct seen {
    maybe_context context;
};

TEST(trace_context_of_a_process, exists_as_long_as_its_scope) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(current_context(), std::nullopt);
        const trace_context inner_one = new_trace();
        {
            const with_context outer{example()};
            EXPECT_EQ(current_context(), example());
            {
                const with_context inner{inner_one};
                EXPECT_EQ(current_context(), inner_one);
                co_await sleep(1ms);
                EXPECT_EQ(current_context(), inner_one);
            }
            EXPECT_EQ(current_context(), example());
        }
        EXPECT_EQ(current_context(), std::nullopt);
    });
}

TEST(trace_context_of_a_process, is_shared_with_no_other_process) {
    run_everywhere([]() -> task<> {
        const with_context here{example()};
        const pid child = spawn([parent = self()] { send(parent, seen{current_context()}); });
        const seen in_child = co_await receive<seen>();
        EXPECT_EQ(in_child.context, std::nullopt);
        auto ending = test::end_of(child);
        co_await ending;
        EXPECT_EQ(current_context(), example());
    });
}

TEST(trace_context_of_a_process, is_not_inherited_by_the_next_process_in_its_slot) {
    std::vector<std::unique_ptr<with_context>> never_left;
    run_simulated([&]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            auto life = test::end_of_new([&] {
                EXPECT_EQ(current_context(), std::nullopt);
                never_left.push_back(std::make_unique<with_context>(example()));
                EXPECT_EQ(current_context(), example());
            });
            EXPECT_EQ(co_await life, reason::normal);
        }
        never_left.clear();
    });
}

TEST(trace_context_of_a_message, is_the_senders_and_lasts_until_the_next_message) {
    run_everywhere([]() -> task<> {
        const pid reader = spawn([parent = self()]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await receive<int>();
                co_await sleep(1ms);
                send(parent, seen{current_context()});
            }
        });
        send(reader, 1);
        {
            const with_context here{example()};
            send(reader, 2);
        }
        send(reader, 3);
        const seen first = co_await receive<seen>();
        EXPECT_EQ(first.context, std::nullopt);
        EXPECT_EQ(current_context(), std::nullopt);
        const seen second = co_await receive<seen>();
        EXPECT_EQ(second.context, example());
        EXPECT_EQ(current_context(), example());
        const seen third = co_await receive<seen>();
        EXPECT_EQ(third.context, std::nullopt);
        EXPECT_EQ(current_context(), std::nullopt);
    });
}

TEST(trace_context_of_a_message, overrides_an_earlier_scope_and_yields_to_a_later_one) {
    run_everywhere([]() -> task<> {
        const trace_context own = new_trace();
        const trace_context later = new_trace();
        {
            const with_context here{example()};
            send(self(), 1);
        }
        send(self(), 2);
        const with_context scope{own};
        co_await receive<int>();
        EXPECT_EQ(current_context(), example());
        {
            const with_context inner{later};
            EXPECT_EQ(current_context(), later);
        }
        EXPECT_EQ(current_context(), example());
        {
            const with_context inner{later};
            co_await receive<int>();
            EXPECT_EQ(current_context(), later);
        }
        EXPECT_EQ(current_context(), own);
    });
}

TEST(trace_context_of_a_message, is_not_touched_by_conditions_that_refuse) {
    run_everywhere([]() -> task<> {
        {
            const with_context here{example()};
            send(self(), 1);
        }
        send(self(), 2);
        send(self(), 3);
        co_await receive<int>();
        auto never = receive(when([](int value) { return value > 3; }, [](int) { return true; }),
                             after(0ms, [] { return false; }));
        EXPECT_FALSE(co_await never);
        EXPECT_EQ(current_context(), example());
        auto third = receive(when([](int value) { return value == 3; }, [](int) { return true; }));
        EXPECT_TRUE(co_await third);
        EXPECT_EQ(current_context(), std::nullopt);
    });
}

struct relay {
    struct call_on {};
    struct cast_on {};
    struct send_on {};
    struct tick {};
    relay(const pid& to, const pid& whose) : next{to}, owner{whose} {}
    using info_messages = messages<tick>;
    task<int> handle_call(call_on) {
        server<relay>{next}.cast(cast_on{});
        co_await sleep(1ms);
        tell();
        co_return 1;
    }
    void handle_cast(cast_on) {
        tell();
        send(next, tick{});
    }
    void handle_info(tick) {
        tell();
        if (!timed) {
            timed = true;
            send_after(5ms, self(), tick{});
            continue_with(this, send_on{});
        }
    }
    void handle_continue(send_on) { tell(); }
    void tell() const { send(owner, seen{current_context()}); }

    pid next;
    pid owner;
    bool timed = false;
};

TEST(trace_context_of_a_message, goes_on_by_call_cast_send_and_timer) {
    run_everywhere([]() -> task<> {
        auto last_start = start<relay>(pid{}, self());
        const auto last = co_await last_start;
        auto middle_start = start<relay>(last.process(), self());
        const auto middle = co_await middle_start;
        auto first_start = start<relay>(middle.process(), self());
        const auto first = co_await first_start;
        {
            const with_context here{example()};
            EXPECT_EQ(co_await first.value().call(relay::call_on{}), 1);
            EXPECT_EQ(current_context(), example());
        }
        // From the call, the cast, the plain message, the continuation, and the timer.
        for (int i = 0; i < 5; ++i) {
            const seen each = co_await receive<seen>();
            EXPECT_EQ(each.context, example()) << i;
        }
        for (const auto& each : {first, middle, last}) {
            exit(each.process(), reason::kill);
        }
    });
}

TEST(trace_context_of_a_message, is_captured_when_a_timer_is_set) {
    run_everywhere([]() -> task<> {
        {
            const with_context here{example()};
            send_after(2ms, self(), 1);
            start_timer(4ms, self(), 1);
        }
        co_await receive<int>();
        EXPECT_EQ(current_context(), example());
        co_await receive<timeout_message>();
        EXPECT_EQ(current_context(), example());
        send_after(1ms, self(), 2);
        const with_context other{new_trace()};
        co_await receive<int>();
        EXPECT_EQ(current_context(), example());
    });
}

TEST(trace_context_of_a_message, stays_with_a_forwarded_message) {
    run_everywhere([]() -> task<> {
        const pid forwarder = spawn([parent = self()]() -> task<> {
            any_message m = co_await receive_any();
            const with_context other{new_trace()};
            send(parent, std::move(m));
        });
        {
            const with_context here{example()};
            send(forwarder, std::string{"text"});
        }
        EXPECT_EQ(co_await receive<std::string>(), "text");
        EXPECT_EQ(current_context(), example());
    });
}

TEST(trace_context_of_a_message, is_dropped_with_an_undelivered_message) {
    run_everywhere([]() -> task<> {
        const with_context here{example()};
        auto dead = test::end_of_new([] {});
        static_cast<void>(co_await dead);
        const pid deaf = spawn([]() -> task<> { co_await sleep(10ms); });
        send(deaf, std::string(100, 'x'));
        send(pid{}, std::string(100, 'x'));
        send_after(1h, deaf, std::string(100, 'x'));
        auto ending = test::end_of(deaf);
        co_await ending;
        send(deaf, std::string(100, 'x'));
    });
}

TEST(trace_context_of_a_message, comes_from_no_thread_outside) {
    runtime world{testing::sim_world::quiet()};
    world.start();
    EXPECT_EQ(world.run([]() -> task<> {
        const with_context here{example()};
        const server<scripted> s = co_await fresh();
        register_name("s", s.whereis());
        static_cast<void>(co_await s.call(scripted::get{}));
    }),
              reason::normal);
    const heard<maybe_context> contexts;
    world.cast(server<scripted>{"s"},
               scripted::tell{[contexts](scripted&) { contexts.add(current_context()); }});
    EXPECT_TRUE(world.call(server<scripted>{"s"}, scripted::get{}).has_value());
    EXPECT_EQ(contexts.all(), std::vector<maybe_context>{std::nullopt});
}

TEST(spans_under_a_context, form_one_trace_over_processes) {
    run_everywhere([]() -> task<> {
        const heard<call_start> calls;
        const heard<telemetry::span_start> spans;
        telemetry::attach("t", keeps(calls), keeps(spans));
        const server<scripted> back = co_await fresh();
        const server<scripted> front = co_await fresh();
        const scripted::ask_task asks{
            [back](scripted&) -> task<int> { co_return co_await back.call(scripted::get{}); }};
        const trace_context root = new_trace();
        {
            const with_context here{root};
            const auto checkout = [&]() -> task<int> { co_return co_await front.call(asks); };
            auto running = telemetry::span("checkout", checkout);
            static_cast<void>(co_await running);
            EXPECT_EQ(current_context(), root);
        }
        const auto made = calls.all();
        const telemetry::span_start span = spans.all().at(0);
        EXPECT_EQ(made.size(), 2U);
        EXPECT_EQ(span.context->trace, root.trace);
        EXPECT_EQ(span.parent, root.span);
        EXPECT_EQ(made.at(0).parent, span.context->span);
        EXPECT_EQ(made.at(1).process, front.whereis());
        EXPECT_EQ(made.at(1).parent, made.at(0).context->span);
        EXPECT_EQ(made.at(1).context->trace, root.trace);
        EXPECT_NE(made.at(1).context->span, made.at(0).context->span);
        EXPECT_EQ(made.at(1).context->flags, root.flags);
        exit(front.whereis(), reason::kill);
        exit(back.whereis(), reason::kill);
    });
}

TEST(new_traces, are_sampled_and_differ_and_are_the_same_in_each_simulation) {
    std::vector<trace_context> first;
    for (int round = 0; round < 2; ++round) {
        std::vector<trace_context> made;
        testing::sim_world world;
        world.run([&] { made = {new_trace(), new_trace()}; });
        EXPECT_NE(made.at(0).trace, made.at(1).trace);
        EXPECT_NE(made.at(0).span, made.at(1).span);
        EXPECT_TRUE(made.at(0).is_sampled());
        EXPECT_TRUE(telemetry::parse_traceparent(to_string(made.at(0))).has_value());
        if (round == 0) {
            first = made;
        }
        EXPECT_EQ(made, first);
    }
}

}  // namespace
}  // namespace coppice
