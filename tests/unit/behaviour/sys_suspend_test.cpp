// SPDX-License-Identifier: Apache-2.0
// A suspended server: messages taken, messages kept waiting, the resumption and the end.

#include "coppice/sys.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::failure_of;
using test::fresh;
using test::fresh_child;
using test::next_word;
using test::reports_of;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words;
using test::words_so_far;

scripted::note note(const char* text) {
    return {text};
}

TEST(a_suspended_server, handles_waiting_messages_in_order_after_a_resume) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::suspend(s);
        send(s.whereis(), note("first"));
        s.cast(scripted::tell{[](scripted& t) { t.say("second"); }});
        const scripted::ask third{[](scripted& t) {
            t.say("third");
            return 3;
        }};
        const exit_reason why = co_await failure_of(s, third, 1ms);
        EXPECT_EQ(why[0], reason::timeout);
        EXPECT_EQ(co_await sys::get_state(s.whereis()), "value 0");
        EXPECT_EQ(co_await words_so_far(), words());

        co_await sys::resume(s);
        EXPECT_EQ(co_await next_word(), "first");
        EXPECT_EQ(co_await next_word(), "second");
        EXPECT_EQ(co_await next_word(), "third");
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        EXPECT_EQ(co_await test::rest_of_mailbox(), "");
    });
}

TEST(a_suspended_server, answers_system_messages_and_reports_the_suspended_state) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const sys::status before = co_await sys::get_status(s);
        EXPECT_EQ(before.state, sys::server_state::running);
        co_await sys::suspend(s);
        co_await sys::suspend(s);  // no effect: suspended already
        const sys::status suspended = co_await sys::get_status(s);
        EXPECT_EQ(suspended.state, sys::server_state::suspended);
        co_await sys::resume(s);
        co_await sys::resume(s);  // no effect: running already
        const sys::status after = co_await sys::get_status(s);
        EXPECT_EQ(after.state, sys::server_state::running);
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
    });
}

TEST(a_suspended_server, may_be_suspended_and_resumed_again_and_again) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        for (int round = 0; round < 20; ++round) {
            co_await sys::suspend(s);
            s.cast(scripted::tell{[](scripted& t) { ++t.value; }});
            co_await sys::resume(s);
        }
        EXPECT_EQ(co_await s.call(scripted::get{}), 20);
    });
}

TEST(a_suspended_server, handles_earlier_messages_before_the_suspension) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell_task{[](scripted& t) -> task<> {
            co_await sleep(1ms);
            t.say("handled");
        }});
        co_await sys::suspend(s);
        EXPECT_EQ(co_await words_so_far(), words("handled"));
        co_await sys::resume(s);
    });
}

TEST(a_suspended_server, ends_with_its_parent_and_keeps_exit_messages_of_strangers) {
    run_everywhere([]() -> task<> {
        const pid owner = self();
        const pid parent = spawn([owner]() -> task<> {
            trap_exit(true);
            const server<scripted> s = co_await fresh_child(scripted::options{owner, true});
            send(owner, s.whereis());
            co_await receive<test::word>();
            exit("parent is gone");
        });
        const pid who = co_await receive<pid>();
        const server<scripted> s{who};
        co_await sys::suspend(s);
        exit(who, "a stranger's");
        EXPECT_EQ(co_await sys::get_state(who), "value 0");
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sys::resume(s);
        EXPECT_EQ(co_await next_word(), "exit a stranger's");

        co_await sys::suspend(s);
        send(who, note("not handled"));
        monitor(who);
        send(parent, test::word{"end"});
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.why, "parent is gone");
        EXPECT_EQ(co_await next_word(), "terminate parent is gone");
        EXPECT_EQ(co_await words_so_far(), words());
    });
}

TEST(a_suspended_server, stops_when_asked_to_and_runs_terminate) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::suspend(s);
        co_await stop(s, "enough");
        EXPECT_EQ(co_await next_word(), "terminate enough");

        const server<scripted> t = co_await fresh();
        const ref watching = monitor(t.whereis());
        co_await sys::suspend(t);
        co_await sys::terminate(t, reason::shutdown);
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, reason::shutdown);
        EXPECT_EQ(co_await next_word(), "terminate shutdown");
    });
}

TEST(a_suspended_server, fails_waiting_calls_after_a_kill) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::suspend(s);
        const pid me = self();
        spawn([me, s]() -> task<> {
            const exit_reason why = co_await failure_of(s, scripted::get{});
            send(me, test::word{to_string(why[0])});
        });
        exit(s.whereis(), reason::kill);
        const std::string heard = co_await next_word();
        EXPECT_TRUE(heard == "killed" || heard == "noproc") << heard;
    });
}

TEST(a_suspended_server, is_shut_down_by_its_supervisor_with_and_without_trap_exit) {
    run_everywhere([]() -> task<> {
        for (const bool traps : {false, true}) {
            auto specs = children(child<scripted>(scripted::options{self(), traps}).name("held"));
            const supervisor_flags flags{};
            auto starting = supervisor::start_link(specs, flags);
            auto begun = co_await starting;
            const supervisor tree = begun.value();
            co_await sys::suspend("held");
            co_await stop(tree.whereis());
            EXPECT_EQ(whereis("held"), pid{});
            const auto expected = traps ? words("terminate shutdown") : words();
            EXPECT_EQ(co_await words_so_far(), expected);
        }
    });
}

TEST(the_time_of_timeout_after, does_not_run_while_the_server_is_suspended) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted&) { timeout_after(100ms); }});
        co_await sleep(50ms);
        co_await sys::suspend(s);
        co_await sleep(1s);
        EXPECT_EQ(co_await words_so_far(), words());
        const auto resumed = monotonic_time();
        co_await sys::resume(s);
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_GE(monotonic_time() - resumed, 100ms);
        EXPECT_LT(monotonic_time() - resumed, 110ms);
    });
}

TEST(the_time_of_timeout_after, begins_anew_after_a_system_message) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted&) { timeout_after(100ms); }});
        co_await sleep(80ms);
        EXPECT_EQ(co_await sys::get_state(s.whereis()), "value 0");
        const auto asked = monotonic_time();
        EXPECT_EQ(co_await next_word(), "timeout");
        EXPECT_GE(monotonic_time() - asked, 90ms);
        EXPECT_LE(monotonic_time() - asked, 110ms);
        co_await sleep(1s);  // the timeout comes once
        EXPECT_EQ(co_await words_so_far(), words());
    });
}

TEST(the_time_of_timeout_after, of_zero_still_expires_after_a_system_message) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::suspend(s);
        s.cast(scripted::tell{[](scripted&) { timeout_after(0ms); }});
        co_await sys::resume(s);
        const sys::status asked = co_await sys::get_status(s);
        EXPECT_EQ(asked.shown_state, "value 0");
        EXPECT_EQ(co_await next_word(), "timeout");
    });
}

TEST(a_suspended_supervisor, restarts_nothing_and_answers_no_request_until_resumed) {
    run_everywhere([]() -> task<> {
        auto specs = children(child<scripted>(scripted::options{self()}).id("a").name("kept"));
        const supervisor_flags flags{};
        auto starting = supervisor::start_link(specs, flags);
        auto begun = co_await starting;
        const supervisor tree = begun.value();
        const pid first = whereis("kept");
        co_await sys::suspend(tree);
        const ref watching = monitor(first);
        exit(first, "crash");
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        const pid me = self();
        spawn([me, tree]() -> task<> {
            const child_counts counted = co_await tree.count_children();
            send(me, test::word{"active " + std::to_string(counted.active)});
        });
        co_await sleep(5ms);
        const sys::status held = co_await sys::get_status(tree);
        EXPECT_TRUE(held.supervisor.has_value());
        EXPECT_EQ(held.supervisor->restarts, 0);
        EXPECT_EQ(whereis("kept"), pid{});
        EXPECT_EQ(co_await words_so_far(), words());

        co_await sys::resume(tree);
        EXPECT_EQ(co_await next_word(), "active 1");
        EXPECT_NE(whereis("kept"), pid{});
        EXPECT_NE(whereis("kept"), first);
    });
}

TEST(a_suspended_supervisor, is_stopped_with_its_children) {
    run_everywhere([]() -> task<> {
        auto specs = children(child<scripted>(scripted::options{self(), true}).name("kept"));
        const supervisor_flags flags{};
        auto starting = supervisor::start_link(specs, flags);
        auto begun = co_await starting;
        const supervisor tree = begun.value();
        co_await sys::suspend(tree);
        co_await stop(tree.whereis());
        EXPECT_EQ(co_await words_so_far(), words("terminate shutdown"));
    });
}

TEST(a_suspended_dynamic_supervisor, restarts_nothing_until_resumed) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor_flags flags{};
        const extra_arguments none{};
        auto starting = dynamic_supervisor::start_link(flags, none);
        auto begun = co_await starting;
        const dynamic_supervisor tree = begun.value();
        const child_spec spec = child<scripted>(scripted::options{self()}).name("kept");
        const child_result started = co_await tree.start_child(spec);
        const pid first = started.value();
        co_await sys::suspend(tree);
        exit(first, "crash");
        const exit_reason why = co_await end_of(first);
        EXPECT_TRUE(why == "crash" || why == reason::noproc) << to_string(why);
        co_await sleep(5ms);
        EXPECT_EQ(whereis("kept"), pid{});
        co_await sys::resume(tree);
        const child_counts counted = co_await tree.count_children();
        EXPECT_EQ(counted.active, 1U);
        EXPECT_NE(whereis("kept"), pid{});
    });
}

TEST(a_system_message, without_an_answer_fails_with_the_request_and_the_server_in_the_reason) {
    run_everywhere([]() -> task<> {
        const auto missing = co_await sys::try_suspend("nobody");
        EXPECT_EQ(to_string(missing.error()), "{noproc,{sys,suspend,{nobody,5000}}}");
        const server<scripted> gone = co_await fresh();
        co_await stop(gone);
        const auto dead = co_await sys::try_get_state(gone.whereis(), 20ms);
        EXPECT_EQ(to_string(dead.error()),
                  "{noproc,{sys,get_state,{" + to_string(gone.whereis()) + ",20}}}");
        const auto own = co_await sys::try_resume(self());
        EXPECT_EQ(own.error()[0], reason::calling_self);

        const server<scripted> busy = co_await fresh();
        busy.cast(scripted::tell_task{[](scripted&) -> task<> { co_await sleep(1h); }});
        const auto late = co_await sys::try_get_status(busy, 5ms);
        EXPECT_EQ(to_string(late.error()),
                  "{timeout,{sys,get_status,{" + to_string(busy.whereis()) + ",5}}}");
        exit(busy.whereis(), reason::kill);

        const pid plain = spawn([]() -> task<> { co_await sleep(1h); });
        const auto deaf = co_await sys::try_suspend(plain, 5ms);
        EXPECT_EQ(deaf.error()[0], reason::timeout);
        exit(plain, reason::kill);

        const exit_reason ended = co_await test::end_of_new(
            []() -> task<> { co_await sys::suspend("nobody", no_timeout); });
        EXPECT_EQ(to_string(ended), "{noproc,{sys,suspend,{nobody,infinity}}}");
    });
}

TEST(a_system_message, that_asks_for_the_end_is_answered_first) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const ref watching = monitor(s.whereis());
        const auto told = co_await sys::try_terminate(s, "told");
        EXPECT_TRUE(told.has_value());
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, "told");
        EXPECT_EQ(co_await next_word(), "terminate told");
    });
    EXPECT_EQ(test::only<server_report>(reports_of([]() -> task<> {
                  const server<scripted> s = co_await fresh();
                  co_await sys::suspend(s);
                  co_await sys::terminate(s, "told");
                  co_await sleep(1s);
              })).size(),
              1U);
}

TEST(a_system_message, for_new_code_is_refused) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const auto refused = co_await sys::try_change_code(s);
        EXPECT_EQ(to_string(refused.error()), "{unknown_system_msg,change_code}");
        co_await sys::suspend(s);
        const auto again = co_await sys::try_change_code(s);
        EXPECT_EQ(again.error(), refused.error());
        const sys::status held = co_await sys::get_status(s);
        EXPECT_EQ(held.state, sys::server_state::suspended);
    });
}

}  // namespace
}  // namespace coppice
