// SPDX-License-Identifier: Apache-2.0
// Every duration that a caller can pass, at the edges of the range, is handled correctly or refused. No
// duration turns short because of overflow; UndefinedBehaviorSanitizer reports overflows.
// tools/check_durations compares the places named here with the public headers.

#include <functional>

#include "coppice/agent.hpp"
#include "coppice/gen_statem.hpp"
#include "coppice/interval.hpp"
#include "coppice/requests.hpp"
#include "coppice/task_stream.hpp"
#include "coppice/tasks.hpp"
#include "coppice/tree.hpp"
#include "support/extreme_times.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

using test::for_each_long;
using test::for_each_negative;
using test::for_each_short;
using test::long_times;
using test::negative_times;
using test::quick;
using test::tick;

struct slow {
    struct get {};
    using console_messages = messages<get>;
    task<int> handle_call(get) {
        co_await sleep(1h);
        co_return 1;
    }
};
struct slow_to_start {
    task<> init() { co_await sleep(1h); }
};

/// A handle to a process that answers nothing.
agent<int> no_agent() {
    return agent<int>{spawn([]() -> task<> { co_await sleep(1h); })};
}
int read_number(const int& n) {
    return n;
}
void keep_number(int&) {}
std::pair<int, int> swap_number(int n) {
    return {n, n};
}
task<int> late_answer() {
    co_await sleep(1h);
    co_return 1;
}
task<int> late_element(int n) {
    co_await sleep(1h);
    co_return n;
}
/// Runs `wait(server)` with a server whose replies take an hour.
template <class Wait>
task<> with_slow(Wait wait) {
    auto starting = start<slow>();
    auto started = co_await starting;
    const server<slow> to = started.value();
    auto waiting = wait(to);
    co_await waiting;
    exit(to.whereis(), reason::kill);
}

/// A wait for a duration, named by the header and the function that takes the duration.
struct place {
    const char* where;
    std::function<task<>(time_span)> wait;
};

// Each wait ends only when its duration is over.
const std::vector<place>& waits() {
    static const std::vector<place> all{
        {"process.hpp:sleep", [](time_span t) -> task<> { co_await sleep(t); }},
        {"receive.hpp:receive_for", [](time_span t) -> task<> { co_await receive_for<tick>(t); }},
        {"receive.hpp:after",
         [](time_span t) -> task<> {
             auto waiting = receive([](tick) {}, after(t, [] {}));
             co_await waiting;
         }},
        {"gen_server.hpp:try_call",
         [](time_span t) -> task<> {
             auto starting = start<slow>();
             auto started = co_await starting;
             const server<slow> to = started.value();
             slow::get asked;
             auto calling = to.try_call(asked, t);
             co_await calling;
             exit(to.whereis(), reason::kill);
         }},
        {"gen_server.hpp:call",
         [](time_span t) -> task<> {
             auto starting = start<slow>();
             auto started = co_await starting;
             const server<slow> to = started.value();
             slow::get asked;
             auto calling = to.call(asked, t);
             co_await calling;
         }},
        // No process answers: the pid is not of an agent. agent.hpp:call is behind all of these.
        {"agent.hpp:get", [](time_span t) -> task<> { co_await no_agent().get(read_number, t); }},
        {"agent.hpp:try_get",
         [](time_span t) -> task<> { co_await no_agent().try_get(read_number, t); }},
        {"agent.hpp:update",
         [](time_span t) -> task<> { co_await no_agent().update(keep_number, t); }},
        {"agent.hpp:try_update",
         [](time_span t) -> task<> { co_await no_agent().try_update(keep_number, t); }},
        {"agent.hpp:get_and_update",
         [](time_span t) -> task<> { co_await no_agent().get_and_update(swap_number, t); }},
        {"agent.hpp:try_get_and_update",
         [](time_span t) -> task<> { co_await no_agent().try_get_and_update(swap_number, t); }},
        {"agent.hpp:stop",
         [](time_span t) -> task<> { co_await no_agent().stop(reason::normal, t); }},
        {"requests.hpp:receive_response",
         [](time_span t) -> task<> {
             auto wait = [t](server<slow> to) {
                 return receive_response(send_request(to, slow::get{}), t);
             };
             auto waiting = with_slow(wait);
             co_await waiting;
         }},
        {"requests.hpp:wait_response",
         [](time_span t) -> task<> {
             auto wait = [t](server<slow> to) {
                 return wait_response(send_request(to, slow::get{}), t);
             };
             auto waiting = with_slow(wait);
             co_await waiting;
         }},
        {"requests.hpp:multi_call",
         [](time_span t) -> task<> {
             auto wait = [t](server<slow> to) {
                 return multi_call(std::vector{to}, slow::get{}, t);
             };
             auto waiting = with_slow(wait);
             co_await waiting;
         }},
        {"requests.hpp:try_call_over_restarts",
         [](time_span t) -> task<> {
             auto wait = [t](server<slow> to) {
                 return try_call_over_restarts(to, slow::get{}, t);
             };
             auto waiting = with_slow(wait);
             co_await waiting;
         }},
        {"requests.hpp:call_over_restarts",
         [](time_span t) -> task<> {
             auto wait = [t](server<slow> to) { return call_over_restarts(to, slow::get{}, t); };
             auto waiting = with_slow(wait);
             co_await waiting;
         }},
        {"console_messages.hpp:call_by_text",
         [](time_span t) -> task<> {
             auto starting = start<slow>();
             auto started = co_await starting;
             const pid to = started.value().whereis();
             std::vector<std::string> none;
             co_await call_by_text(to, "get", none, t);
             exit(to, reason::kill);
         }},
        {"gen_server.hpp:within",
         [](time_span t) -> task<> {
             auto starting = start<slow_to_start>(named("late").within(t));
             co_await starting;
         }},
        {"gen_server.hpp:timeout",
         [](time_span t) -> task<> {
             start_options limited{"late"};
             limited.timeout = t;
             auto starting = start<slow_to_start>(std::move(limited));
             co_await starting;
         }},
        {"tasks.hpp:await",
         [](time_span t) -> task<> {
             const async_task<int> started = tasks::async(late_answer);
             co_await started.await(t);
         }},
        {"tasks.hpp:yield",
         [](time_span t) -> task<> {
             const async_task<int> started = tasks::async(late_answer);
             co_await started.yield(t);
             co_await started.shutdown(brutal_kill);
         }},
        {"tasks.hpp:await_many",
         [](time_span t) -> task<> {
             const std::vector<async_task<int>> all{tasks::async(late_answer)};
             co_await tasks::await_many(all, t);
         }},
        {"tasks.hpp:timeout",
         [](time_span t) -> task<> {
             const std::vector<async_task<int>> all{tasks::async(late_answer)};
             const yield_many_options how{.timeout = t, .on_timeout = on_late_task::kill_task};
             co_await tasks::yield_many(all, how);
         }},
        {"task_stream.hpp:timeout",
         [](time_span t) -> task<> {
             const stream_options how{.timeout = t};
             const std::vector<int> one{1};
             auto stream = tasks::async_stream(one, late_element, how);
             co_await stream.next();
         }},
    };
    return all;
}

/// Waits at `each` for `time`, after the conversion that any duration undergoes there.
template <class Duration>
pid begin(const place& each, Duration time) {
    return spawn([wait = each.wait, time]() -> task<> {
        auto waiting = wait(time);
        co_await waiting;
    });
}

TEST(every_time, that_is_long_keeps_waiting) {
    test::run_everywhere([]() -> task<> {
        std::vector<std::pair<pid, std::string>> all;
        for (const place& each : waits()) {
            for_each_long([&](auto time, const char* name) {
                if (std::string_view{each.where}.find("within") == std::string_view::npos &&
                    std::string_view{each.where} != "gen_server.hpp:timeout") {
                    all.emplace_back(begin(each, time), std::string{each.where} + " " + name);
                }
            });
        }
        for (int i = 0; i < 100; ++i) {
            co_await sleep(20us);
        }
        for (const auto& [who, what] : all) {
            EXPECT_TRUE(co_await is_alive(who)) << what;
            exit(who, reason::kill);
        }
    });
}

TEST(every_time, that_is_short_or_negative_is_soon_over) {
    test::run_everywhere([]() -> task<> {
        for (const place& each : waits()) {
            std::vector<pid> all;
            for_each_short([&](auto time, const char*) { all.push_back(begin(each, time)); });
            for (const pid& who : all) {
                auto ending = test::end_of(who);
                co_await ending;
            }
        }
    });
}

TEST(every_time, of_a_start_that_is_long_is_no_limit) {
    test::run_simulated([]() -> task<> {
        std::vector<pid> all;
        for_each_long([&](auto time, const char*) {
            all.push_back(spawn([time]() -> task<> {
                auto starting = start<quick>(start_options{}.within(time));
                auto started = co_await starting;
                EXPECT_TRUE(started.ok());
            }));
        });
        for (const pid& each : all) {
            auto ending = test::end_of(each);
            const exit_reason why = co_await ending;
            EXPECT_TRUE(why == reason::normal || why == reason::noproc) << to_string(why);
        }
    });
}

/// timer.hpp:send_after, timer.hpp:start_timer, gen_server.hpp:send_after.
template <class Duration>
std::vector<timer> set_all(Duration time) {
    return {send_after(time, self(), tick{}), send_after(time, "nobody", tick{}),
            start_timer(time, self(), tick{}), send_after(time, server<quick>{self()}, timeout{})};
}

TEST(every_timer, that_is_long_is_set_and_reports_the_remaining_time) {
    test::run_everywhere([]() -> task<> {
        std::vector<std::pair<timer, std::string>> all;
        for_each_long([&](auto time, const char* name) {
            for (const timer each : set_all(time)) {
                all.emplace_back(each, name);
            }
        });
        auto waiting = receive([](any_message) { return false; }, after(2ms, [] { return true; }));
        EXPECT_TRUE(co_await waiting);
        for (const auto& [each, name] : all) {
            const auto left = read_timer(each);
            EXPECT_TRUE(left && *left > 24h) << name;
            EXPECT_TRUE(cancel_timer(each) > 24h) << name;
        }
    });
}

TEST(every_timer, that_is_negative_is_refused) {
    test::run_everywhere([]() -> task<> {
        for_each_negative([&](auto time, const char* name) {
            SCOPED_TRACE(name);
            EXPECT_THROW(send_after(time, self(), tick{}), badarg_error);
            EXPECT_THROW(send_after(time, "nobody", tick{}), badarg_error);
            EXPECT_THROW(start_timer(time, self(), tick{}), badarg_error);
            EXPECT_THROW(send_after(time, server<quick>{self()}, timeout{}), badarg_error);
        });
        co_return;
    });
}

TEST(every_interval, that_is_long_waits_and_that_is_negative_is_refused) {
    test::run_everywhere([]() -> task<> {
        for_each_long([&](auto time, const char* name) {  // interval.hpp:send_interval
            SCOPED_TRACE(name);
            const interval beat = send_interval(time, self(), tick{});
            EXPECT_TRUE(static_cast<bool>(beat));
        });
        auto waiting = receive([](any_message) { return false; }, after(2ms, [] { return true; }));
        EXPECT_TRUE(co_await waiting);
        for_each_negative([&](auto time, const char* name) {
            SCOPED_TRACE(name);
            EXPECT_THROW(send_interval(time, self(), tick{}), badarg_error);
        });
    });
}

TEST(every_timeout, of_a_server_that_is_long_does_not_expire) {
    test::run_everywhere([]() -> task<> {
        std::vector<pid> all;
        for_each_long([&](auto time, const char*) {
            all.push_back(spawn([time]() -> task<> {
                auto starting = start<quick>();
                auto started = co_await starting;
                const server<quick> to = started.value();
                to.cast(quick::arm{time_span{time}});  // gen_server.hpp:timeout_after
                co_await sleep(1ms);
                quick::get asked;
                auto calling = to.call(asked);
                EXPECT_EQ(co_await calling, 0);
                auto stopping = stop(to, reason::normal, time);  // gen_server.hpp:stop
                co_await stopping;
            }));
        });
        for (const pid& each : all) {
            auto ending = test::end_of(each);
            const exit_reason why = co_await ending;
            EXPECT_TRUE(why == reason::normal || why == reason::noproc) << to_string(why);
        }
    });
}

struct timed_machine {
    struct only {};
    struct get {};
    struct over {};
    struct arm {
        time_span time;
    };
    int handle_call(only, get) const { return timeouts; }
    void handle_cast(only, arm a) {
        state_timeout.after(this, a.time, over{});          // gen_statem.hpp:after
        generic_timeout("point").at(this, a.time, over{});  // gen_statem.hpp:at
    }
    void handle_timeout(only, over) { ++timeouts; }
    state_functions<only> machine;
    int timeouts = 0;
};

TEST(every_timeout, of_a_machine_that_is_long_does_not_expire) {
    test::run_everywhere([]() -> task<> {
        auto starting = start<timed_machine>();
        auto started = co_await starting;
        const server<timed_machine> to = started.value();
        std::vector<time_span> all;
        for_each_long([&](auto time, const char*) { all.emplace_back(time); });
        for (const time_span each : all) {
            to.cast(timed_machine::arm{each});
            co_await sleep(1ms);
            timed_machine::get asked;
            auto calling = to.call(asked);
            EXPECT_EQ(co_await calling, 0);
        }
        co_await stop(to);
    });
}

TEST(every_timeout, of_a_machine_that_is_negative_is_refused) {
    test::run_everywhere([]() -> task<> {
        std::vector<time_span> all;
        for_each_negative([&](auto time, const char*) { all.emplace_back(time); });
        for (const time_span each : all) {
            auto starting = start<timed_machine>();
            auto started = co_await starting;
            const server<timed_machine> to = started.value();
            const ref watching = monitor(to.whereis());
            to.cast(timed_machine::arm{each});
            auto ending = receive<down_message>();
            const down_message ended = co_await ending;
            EXPECT_EQ(ended.monitor, watching);
            EXPECT_NE(to_string(ended.why).find("badarg"), std::string::npos)
                << to_string(ended.why);
        }
    });
}

TEST(every_limit, of_a_snapshot_answers) {
    test::run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children(child<quick>().id("q")));
        auto started = co_await starting;
        const pid root = started.process();
        for (const time_span time : long_times()) {
            auto asking = snapshot(root, time);  // tree.hpp:snapshot
            const tree_node tree = co_await asking;
            EXPECT_FALSE(tree.busy);
            EXPECT_EQ(tree.children.size(), 1U);
        }
        for (const time_span time : negative_times()) {
            auto asking = snapshot(root, time);
            co_await asking;
        }
    });
}

TEST(every_limit, of_an_explanation_answers) {
    test::run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children(child<quick>().name("explained")));
        co_await starting;
        const pid asked = whereis("explained");
        for (const time_span time : long_times()) {
            auto asking = explain(asked, "crash", time);  // explain.hpp:explain
            const std::vector<explanation> told = co_await asking;
            EXPECT_EQ(told.size(), 1U);
            EXPECT_FALSE(told[0].busy);
        }
        for (const time_span time : negative_times()) {
            auto asking = explain(asked, "crash", time);
            const std::vector<explanation> told = co_await asking;
            EXPECT_LE(told.size(), 1U);
        }
    });
}

struct listed {
    struct nudge {};
    using console_messages = messages<nudge>;
    int handle_call(nudge) const { return 1; }
    void handle_cast(nudge) {}
    void handle_info(nudge) {}
};

TEST(every_limit, of_a_message_by_text_answers) {
    test::run_everywhere([]() -> task<> {
        auto starting = start<listed>();
        auto started = co_await starting;
        const pid to = started.value().whereis();
        const std::vector<std::string> none;
        for (const time_span time : long_times()) {
            const auto all =
                co_await console_messages(to, time);  // console_messages.hpp:console_messages
            EXPECT_TRUE(all.has_value());
            const auto reply = co_await call_by_text(to, "nudge", none, time);
            EXPECT_EQ(reply.value_or(""), "1");
            const auto cast = co_await cast_by_text(to, "nudge", none,
                                                    time);  // console_messages.hpp:cast_by_text
            const auto sent = co_await send_by_text(to, "nudge", none,
                                                    time);  // console_messages.hpp:send_by_text
            EXPECT_TRUE(cast && sent);
        }
        for (const time_span time : negative_times()) {
            const auto reply = co_await call_by_text(to, "nudge", none, time);
            EXPECT_TRUE(reply || reply.error().why[0] == reason::timeout);
            co_await cast_by_text(to, "nudge", none, time);
        }
        exit(to, reason::kill);
    });
}

task<> look_into(pid to, time_span time) {
    const server<quick> typed{to};
    co_await sys::suspend(to, time);                                  // sys.hpp:suspend
    co_await sys::resume(to, time);                                   // sys.hpp:resume
    co_await sys::get_status(to, time);                               // sys.hpp:get_status
    co_await sys::get_state(to, time);                                // sys.hpp:get_state
    co_await sys::statistics(to, true, time);                         // sys.hpp:statistics
    co_await sys::get_statistics(to, time);                           // sys.hpp:get_statistics
    co_await sys::log(to, true, time);                                // sys.hpp:log
    co_await sys::get_log(to, time);                                  // sys.hpp:get_log
    co_await sys::trace(to, false, time);                             // sys.hpp:trace
    co_await sys::log_to_file(to, false, time);                       // sys.hpp:log_to_file
    co_await sys::remove(to, "id", time);                             // sys.hpp:remove
    co_await sys::no_debug(to, time);                                 // sys.hpp:no_debug
    co_await sys::install(to, "id", [](const sys::event&) {}, time);  // sys.hpp:install
    co_await sys::replace_state(
        typed, [](quick was) { return was; }, time);  // sys.hpp:replace_state
}

task<> try_to_look_into(pid to, time_span time) {
    const server<quick> typed{to};
    co_await sys::try_suspend(to, time);             // sys.hpp:try_suspend
    co_await sys::try_resume(to, time);              // sys.hpp:try_resume
    co_await sys::try_get_status(to, time);          // sys.hpp:try_get_status
    co_await sys::try_get_state(to, time);           // sys.hpp:try_get_state
    co_await sys::try_statistics(to, true, time);    // sys.hpp:try_statistics
    co_await sys::try_get_statistics(to, time);      // sys.hpp:try_get_statistics
    co_await sys::try_log(to, true, time);           // sys.hpp:try_log
    co_await sys::try_get_log(to, time);             // sys.hpp:try_get_log
    co_await sys::try_trace(to, false, time);        // sys.hpp:try_trace
    co_await sys::try_log_to_file(to, false, time);  // sys.hpp:try_log_to_file
    co_await sys::try_remove(to, "id", time);        // sys.hpp:try_remove
    co_await sys::try_no_debug(to, time);            // sys.hpp:try_no_debug
    co_await sys::try_install(to, "id", [](const sys::event&) {}, time);  // sys.hpp:try_install
    co_await sys::try_replace_state(
        typed, [](quick was) { return was; }, time);  // sys.hpp:try_replace_state
    co_await sys::try_change_code(to, time);  // sys.hpp:try_change_code, sys.hpp:change_code
}

TEST(every_limit, of_a_system_message_answers) {
    test::run_everywhere([]() -> task<> {
        for (const time_span time : long_times()) {
            auto starting = start<quick>();
            const auto started = co_await starting;
            const pid to = started.process();
            auto looking = look_into(to, time);
            co_await looking;
            auto trying = try_to_look_into(to, time);
            co_await trying;
            co_await sys::terminate(to, reason::normal, time);  // sys.hpp:terminate
        }
        for (const time_span time : negative_times()) {
            auto starting = start<quick>();
            const auto started = co_await starting;
            const pid to = started.process();
            auto trying = try_to_look_into(to, time);
            co_await trying;
            co_await sys::try_terminate(to, reason::normal, time);  // sys.hpp:try_terminate
        }
    });
}

}  // namespace
}  // namespace coppice
