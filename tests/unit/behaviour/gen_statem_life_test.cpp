// SPDX-License-Identifier: Apache-2.0
// Start, stop, crash and inspection of a gen_statem.

#include <stdexcept>
#include <utility>

#include "coppice/console_messages.hpp"
#include "coppice/sys.hpp"
#include "support/machines.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh_machine;
using test::move;
using test::next_word;
using test::run_everywhere;
using test::run_simulated;
using test::settle;
using test::words;
using test::words_so_far;
using machine = test::scripted_machine;
using note = machine::note;

machine::options with_init(task<> (*init)(machine&)) {
    machine::options how{self()};
    how.init = init;
    return how;
}
task<> ignores(machine& /*me*/) {
    co_await yield();
    ignore();
}
task<> stops(machine& /*me*/) {
    stop_with("stopped");
    co_return;
}
task<> sleeps(machine& /*me*/) {
    co_await sleep(1h);
}

TEST(gen_statem_start, answers_as_the_start_of_a_server) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto ignored = start_link<machine>(with_init(ignores));
        const start_result<machine> none = co_await ignored;
        EXPECT_TRUE(none.ignored());
        auto stopped = start_link<machine>(with_init(stops));
        const start_result<machine> failed = co_await stopped;
        EXPECT_EQ(failed.error(), "stopped");
        EXPECT_EQ(co_await test::rest_of_mailbox(), "") << "terminate does not run";
    });
}

TEST(gen_statem_start, that_takes_too_long_fails_with_timeout) {
    run_simulated([]() -> task<> {
        auto starting = start<machine>(start_options{}.within(5ms), with_init(sleeps));
        const start_result<machine> failed = co_await starting;
        EXPECT_EQ(failed.error(), reason::timeout);
    });
}

TEST(gen_statem_start, registers_the_name_once) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<machine>(named("machine"), machine::options{self()});
        const start_result<machine> first = co_await starting;
        auto again = start<machine>(named("machine"), machine::options{self()});
        const start_result<machine> second = co_await again;
        const exit_reason expected =
            exit_reason::tuple("already_started", exit_reason::process(first.process()));
        EXPECT_EQ(second.error(), expected);
        const server<machine> by_name{"machine"};
        by_name.cast(note{"x"});
        EXPECT_EQ(co_await next_word(), "a cast x");
        co_await stop(by_name);
        EXPECT_FALSE(whereis("machine"));
    });
}

TEST(gen_statem_stop, runs_terminate_in_the_current_state) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell{[](machine&) { return move::to_b; }});
        co_await stop(m);
        EXPECT_EQ(co_await next_word(), "b terminate normal");
        const machine::get asked;
        auto again = m.try_call(asked);
        const auto answer = co_await again;
        EXPECT_FALSE(answer.has_value());
    });
}

TEST(gen_statem_stop, by_the_parents_exit_runs_terminate_if_exits_are_trapped) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        machine::options how{self()};
        how.traps = true;
        const server<machine> m = co_await fresh_machine(how);
        exit(m.whereis(), reason::shutdown);
        EXPECT_EQ(co_await next_word(), "a terminate shutdown");
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(gen_statem_stop, drops_queued_and_postponed_events_and_timeouts) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell{[](machine& me) {
            next_event(&me, note{"1"});
            generic_timeout("t").after(&me, 0s, note{"2"});
            stop_with("enough");
            return move::to_b;
        }});
        co_await sleep(1ms);
        EXPECT_EQ(co_await words_so_far(), words("a terminate enough"));
        co_await receive<exit_message>();
    });
}

TEST(gen_statem_call, fails_with_a_reason_that_names_gen_statem) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        co_await stop(m);
        const machine::get asked;
        auto calling = m.try_call(asked);
        const auto answer = co_await calling;
        EXPECT_EQ(answer.error()[0], reason::noproc);
        EXPECT_EQ(answer.error()[1][0], "gen_statem");
        EXPECT_EQ(answer.error()[1][1], "call");
    });
}

TEST(gen_statem_call, waits_without_limit_unless_a_time_is_given) {
    run_simulated([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        const machine::ask late{[](machine& me, reply_to<int> to) {
            ++me.value;
            spawn_link([to]() -> task<> {
                co_await sleep(10min);
                reply(to, 5);
            });
            return move::stay;
        }};
        auto waiting = m.call(late);
        EXPECT_EQ(co_await waiting, 5);
        auto hurried = m.try_call(late, 9min);
        const auto answer = co_await hurried;
        EXPECT_EQ(answer.error()[0], reason::timeout);
        co_await stop(m);
    });
}

// An event without a callback in the current state.

struct door {
    struct locked {};
    struct open {};
    struct push {};
    struct unlock {};
    using info_messages = messages<>;
    using console_messages = messages<push, unlock>;

    transition<open> handle_cast(locked, unlock) { return next_state<open>(); }
    void handle_cast(open, push) { ++pushed; }
    int handle_call(open, push) { return ++pushed; }

    state_functions<locked, open> machine;
    int pushed = 0;
};

TEST(an_event_without_a_callback, ends_the_machine_as_a_missing_clause) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const auto fresh_door = []() -> task<server<door>> {
            auto starting = start_link<door>();
            const start_result<door> started = co_await starting;
            co_return started.value();
        };
        const server<door> casts = co_await fresh_door();
        casts.cast(door::push{});
        const exit_message no_cast = co_await receive<exit_message>();
        EXPECT_EQ(no_cast.why[0], "function_clause");
        EXPECT_EQ(no_cast.why[1][0], "handle_cast");
        EXPECT_EQ(no_cast.why[1][1], "locked");

        const server<door> calls = co_await fresh_door();
        auto calling = calls.try_call<door::push>();
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        const exit_message no_call = co_await receive<exit_message>();
        EXPECT_EQ(no_call.why[1][0], "handle_call");

        const server<door> infos = co_await fresh_door();
        send(infos.whereis(), 42);
        const exit_message no_info = co_await receive<exit_message>();
        EXPECT_EQ(no_info.why[1][0], "handle_info");
    });
}

// Reports.

TEST(a_crash_of_a_machine, is_reported_with_its_events_and_timeouts) {
    const auto all = test::reports_of([]() -> task<> {
        trap_exit(true);
        machine::options how{self()};
        how.hear = [](machine&, const std::string&) {
            postpone();
            return move::stay;
        };
        const server<machine> m = co_await fresh_machine(how);
        m.cast(note{"later"});
        m.cast(machine::tell{[](machine& me) {
            next_event(&me, machine::crash{});
            next_event(&me, note{"next"});
            state_timeout.after(&me, 1h, note{"hour"});
            return move::stay;
        }});
        co_await receive<exit_message>();
    });
    const auto ends = test::only<server_report>(all);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].behaviour, "gen_statem");
    EXPECT_EQ(ends[0].machine_state, "a");
    EXPECT_EQ(ends[0].queued, words("next"));
    EXPECT_EQ(ends[0].postponed, words("later"));
    EXPECT_EQ(ends[0].timeouts, words("state_timeout hour"));
    EXPECT_EQ(test::only<crash_report>(all).size(), 1U);
    for (const report& each : all) {
        if (std::holds_alternative<server_report>(each.body)) {
            EXPECT_NE(to_string(each).find("state of the machine: a"), std::string::npos)
                << to_string(each);
        }
    }
}

TEST(a_crash_of_a_machine, runs_terminate) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const server<machine> m = co_await fresh_machine();
        m.cast(machine::tell_task{[](machine&) -> task<move> {
            co_await yield();
            throw std::runtime_error{"broken"};
        }});
        EXPECT_EQ(co_await next_word(), "a terminate {std::runtime_error,\"broken\"}");
        co_await receive<exit_message>();
    });
}

// sys.

TEST(sys_of_a_machine, reads_and_replaces_state_and_data) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<door>();
        const start_result<door> started = co_await starting;
        const server<door> d = started.value();
        const door first = co_await sys::get_state(d);
        EXPECT_TRUE(first.machine.is<door::locked>());
        co_await sys::replace_state(d, [](door old) {
            old.machine = in_state<door::open>;
            old.pushed = 4;
            return old;
        });
        EXPECT_EQ(co_await d.call<door::push>(), 5);
        const std::string text = co_await sys::get_state(d.whereis());
        EXPECT_NE(text.find("open"), std::string::npos) << text;
        auto replacing =
            sys::try_replace_state(d, [](door) -> door { throw std::runtime_error{"no"}; });
        const auto refused = co_await replacing;
        EXPECT_EQ(refused.error()[0], "callback_failed");
        EXPECT_EQ(refused.error()[1][0], "gen_statem");
        co_await stop(d);
    });
}

TEST(sys_of_a_machine, suspends_and_counts) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        co_await sys::statistics(m, true);
        co_await sys::suspend(m);
        m.cast(note{"x"});
        const sys::status held = co_await sys::get_status(m);
        EXPECT_EQ(held.state, sys::server_state::suspended);
        EXPECT_EQ(co_await words_so_far(), words());
        co_await sys::resume(m);
        EXPECT_EQ(co_await next_word(), "a cast x");
        const auto counted = co_await sys::get_statistics(m);
        EXPECT_EQ(counted.value().messages_in, 1U);
        const auto info = co_await process_info(m.whereis());
        EXPECT_EQ(info.at(0).behaviour, "gen_statem");
        co_await stop(m);
    });
}

TEST(sys_of_a_machine, logs_inserted_events_timeouts_and_replies) {
    run_everywhere([]() -> task<> {
        const server<machine> m = co_await fresh_machine();
        co_await sys::log(m, 20);
        const machine::ask asked{[](machine& me, reply_to<int> to) {
            next_event(&me, note{"1"});
            state_timeout.after(&me, 0s, note{"2"});
            then_reply(to, 3);
            return move::stay;
        }};
        auto calling = m.call(asked);
        EXPECT_EQ(co_await calling, 3);
        co_await settle(m);
        const std::vector<sys::event> log = co_await sys::get_log(m);
        std::vector<sys::event_kind> kinds;
        for (const sys::event& each : log) {
            kinds.push_back(each.kind);
        }
        using enum sys::event_kind;
        const std::vector<sys::event_kind> expected{call, info, reply, info, noreply, call, reply};
        EXPECT_EQ(kinds, expected);
        co_await stop(m);
    });
}

TEST(a_machine, takes_messages_as_text) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<door>();
        const start_result<door> started = co_await starting;
        const pid who = started.process();
        const std::vector<std::string> none;
        auto casting = cast_by_text(who, "unlock", none);
        const auto sent = co_await casting;
        EXPECT_TRUE(sent.has_value());
        auto calling = call_by_text(who, "push", none);
        const auto answer = co_await calling;
        EXPECT_EQ(answer.value_or("none"), "1");
        co_await stop(who);
    });
}

TEST(a_machine, is_restarted_by_its_supervisor_in_its_first_state) {
    run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children(child<door>().name("door")));
        const auto started = co_await starting;
        const supervisor above = started.value();
        const server<door> d{"door"};
        d.cast(door::unlock{});
        EXPECT_EQ(co_await d.call<door::push>(), 1);
        const pid first = d.whereis();
        monitor(first);
        exit(first, reason::kill);
        co_await receive<down_message>();
        co_await above.which_children();  // answered after the restart
        EXPECT_NE(d.whereis(), first);
        const door fresh = co_await sys::get_state(d);
        EXPECT_TRUE(fresh.machine.is<door::locked>());
        co_await stop(above.whereis());
    });
}

}  // namespace
}  // namespace coppice
