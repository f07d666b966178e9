// SPDX-License-Identifier: Apache-2.0
// Every duration that a caller can pass, at the edges of the range, is handled correctly or refused. No
// duration turns short because of overflow; UndefinedBehaviorSanitizer reports overflows.
// tools/check_durations compares the places named here with the public headers.

#include <functional>
#include <thread>

#include "coppice/gen_statem.hpp"
#include "coppice/agent.hpp"
#include "coppice/partition_supervisor.hpp"
#include "coppice/program.hpp"
#include "coppice/task_stream.hpp"
#include "coppice/tasks.hpp"
#include "coppice/health_check.hpp"
#include "coppice/lasting_server.hpp"
#include "coppice/program.hpp"
#include "coppice/restart_schedule.hpp"
#include "coppice/interval.hpp"
#include "coppice/program.hpp"
#include "coppice/requests.hpp"
#include "coppice/telemetry.hpp"
#include "coppice/tree.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct tick {};

/// Calls `check(time, name)` for times of every unit that are beyond any wait.
template <class Check>
void for_each_long(Check check) {
    check(nanoseconds::max(), "nanoseconds::max()");
    check(nanoseconds::max() - 1ns, "nanoseconds::max() - 1");
    check(nanoseconds::max() - 1s, "nanoseconds::max() - 1 s");
    check(nanoseconds::max() / 2, "nanoseconds::max() / 2");
    check(std::chrono::microseconds::max(), "microseconds::max()");
    check(std::chrono::milliseconds::max(), "milliseconds::max()");
    check(std::chrono::seconds::max(), "seconds::max()");
    check(std::chrono::hours::max(), "hours::max()");
    check(std::chrono::duration<std::uint64_t>{UINT64_MAX}, "2^64 - 1 s");
    check(4294967296ms, "2^32 ms");
}

template <class Check>
void for_each_negative(Check check) {
    check(-1ns, "-1 ns");
    check(nanoseconds::min(), "nanoseconds::min()");
    check(std::chrono::microseconds::min(), "microseconds::min()");
    check(std::chrono::milliseconds::min(), "milliseconds::min()");
    check(std::chrono::seconds::min(), "seconds::min()");
    check(std::chrono::hours::min(), "hours::min()");
}

template <class Check>
void for_each_short(Check check) {
    check(0ns, "0");
    check(1ns, "1 ns");
    for_each_negative(check);
}

struct slow {
    struct get {};
    using console_messages = messages<get>;
    task<int> handle_call(get) {
        co_await sleep(1h);
        co_return 1;
    }
};
struct quick {
    struct get {};
    struct arm {
        nanoseconds time;
    };
    int handle_call(get) { return timeouts; }
    void handle_cast(arm a) { timeout_after(a.time); }
    void handle_info(timeout) { ++timeouts; }
    int timeouts = 0;
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
task<int> late_answer() {
    co_await sleep(1h);
    co_return 1;
}
task<int> late_element(int n) {
    co_await sleep(1h);
    co_return n;
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

std::vector<time_span> long_times() {
    std::vector<time_span> out;
    for_each_long([&](auto time, const char*) { out.emplace_back(time); });
    return out;
}

std::vector<time_span> negative_times() {
    std::vector<time_span> out;
    for_each_negative([&](auto time, const char*) { out.emplace_back(time); });
    return out;
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

task<> ask_for_the_end() {
    request_stop();
    co_return;
}

struct brief {
    static constexpr std::string_view name = "brief";
    auto start() {
        const child_spec asks = child("asks", ask_for_the_end).restart(transient);
        return supervisor::start_link(children(asks));
    }
};

int run_brief(time_span stop_deadline) {
    std::string word = "brief";
    char* words[] = {word.data(), nullptr};
    application::program_options options;
    options.stop_deadline = stop_deadline;  // program.hpp:stop_deadline
    options.runtime.on_report = [](const report&) {};
    return application::run<brief>(1, words, options);
}

TEST(every_limit, of_a_program_stop_ends_the_program) {
    for_each_long([](auto time, const char* what) { EXPECT_EQ(run_brief(time), 0) << what; });
    for_each_negative([](auto time, const char* what) { EXPECT_LE(run_brief(time), 1) << what; });
}

TEST(every_window, of_a_supervisor_that_is_long_counts_all_restarts) {
    test::run_simulated([]() -> task<> {
        trap_exit(true);
        std::vector<supervisor_flags> all;
        const auto add = [&](auto window) {
            supervisor_flags flags;
            flags.max_restarts = 2;
            flags.max_seconds = window;  // supervisor.hpp:max_seconds
            all.push_back(flags);
        };
        add(std::chrono::seconds::max());
        add(std::chrono::hours::max());
        add(std::chrono::years::max());
        for (const supervisor_flags& flags : all) {
            auto starting = supervisor::start_link(children(child<quick>().name("x")), flags);
            auto started = co_await starting;
            const pid top = started.process();
            for (int i = 0; i < 3; ++i) {
                exit(whereis("x"), reason::kill);
                co_await sleep(4min);
            }
            EXPECT_FALSE(co_await is_alive(top));
        }
    });
}

TEST(every_window, of_a_supervisor_that_is_not_positive_is_refused) {
    test::run_simulated([]() -> task<> {
        trap_exit(true);
        std::vector<std::chrono::seconds> all{0s, -1s, std::chrono::seconds::min()};
        for (const auto window : all) {
            supervisor_flags flags;
            flags.max_seconds = window;
            auto starting = supervisor::start_link({}, flags);
            auto started = co_await starting;
            EXPECT_FALSE(started.ok());
            dynamic_supervisor_flags dynamic;
            dynamic.max_seconds = window;  // dynamic_supervisor.hpp:max_seconds
            auto starting_dynamic = dynamic_supervisor::start_link(dynamic);
            auto started_dynamic = co_await starting_dynamic;
            EXPECT_FALSE(started_dynamic.ok());
            partition_supervisor_flags parts{.name = "parts", .partitions = 1};
            parts.max_seconds = window;  // partition_supervisor.hpp:max_seconds
            const child_spec part = child<quick>();
            auto starting_parts = partition_supervisor::start_link(part, parts);
            auto started_parts = co_await starting_parts;
            EXPECT_FALSE(started_parts.ok());
        }
    });
}

/// Whether a supervisor accepts a child with that back-off.
bool is_accepted(time_span first, time_span maximum, time_span reset_after) {
    restart_backoff how;
    how.first = first;              // restart_backoff.hpp:first
    how.maximum = maximum;          // restart_backoff.hpp:maximum
    how.reset_after = reset_after;  // restart_backoff.hpp:reset_after
    return check_childspecs(children(child<quick>().backoff(how))).has_value();
}

TEST(every_delay, before_a_restart_that_is_long_is_accepted_and_a_negative_one_is_refused) {
    for_each_long([](auto time, const char* name) {
        EXPECT_TRUE(is_accepted(time, nanoseconds::max(), 1s)) << name;
        EXPECT_TRUE(is_accepted(1s, time, 1s)) << name;
        EXPECT_TRUE(is_accepted(1s, 1s, time)) << name;
    });
    for_each_negative([](auto time, const char* name) {
        EXPECT_FALSE(is_accepted(time, 1s, 1s)) << name;
        EXPECT_FALSE(is_accepted(1s, time, 1s)) << name;
        EXPECT_FALSE(is_accepted(1s, 1s, time)) << name;
    });
}

TEST(every_delay, before_a_restart_that_is_long_keeps_the_child_waiting) {
    test::run_simulated([]() -> task<> {
        std::vector<restart_backoff> all;
        for_each_long([&](auto time, const char*) {
            restart_backoff how;
            how.first = time;
            how.maximum = nanoseconds::max();
            all.push_back(how);
        });
        for (const restart_backoff& how : all) {
            const child_spec spec = child<quick>().name("x").backoff(how);
            auto starting = supervisor::start_link(children(spec));
            const auto started = co_await starting;
            const supervisor top{started.process()};
            exit(whereis("x"), "boom");
            co_await sleep(24h);
            EXPECT_FALSE(static_cast<bool>(whereis("x")));
            const auto list = co_await top.which_children();
            EXPECT_TRUE(list.front().restarts_in > nanoseconds{24h});
            auto stopping = stop(started.process());
            co_await stopping;
        }
    });
}

TEST(every_window, of_a_budget_is_positive) {
    const auto accepts = [](auto window) {
        restart_budget budget;
        budget.max_seconds = window;  // restart_backoff.hpp:max_seconds
        return check_childspecs(children(child<quick>().budget(budget))).has_value();
    };
    EXPECT_TRUE(accepts(std::chrono::seconds::max()));
    EXPECT_TRUE(accepts(std::chrono::hours::max()));
    EXPECT_FALSE(accepts(0s));
    EXPECT_FALSE(accepts(-1s));
    EXPECT_FALSE(accepts(std::chrono::seconds::min()));
}

TEST(every_life, of_a_failing_child_is_scheduled_or_refused) {
    for_each_long([](auto time, const char* name) {
        failing_child child;
        child.lives_for = time;  // restart_schedule.hpp:lives_for
        EXPECT_GE(restart_schedule(child, 3).back().at, child.lives_for.value()) << name;
    });
    for_each_negative([](auto time, const char* name) {
        failing_child child;
        child.lives_for = time;
        EXPECT_THROW((void)restart_schedule(child, 1), badarg_error) << name;
    });
}

TEST(every_limit, of_readiness_and_of_a_health_check_is_accepted_if_long_and_refused_if_negative) {
    const auto accepts = [](time_span limit, time_span every, time_span timeout) {
        health_check how;
        how.every = every;                                           // health_check.hpp:every
        how.timeout = timeout;                                       // health_check.hpp:timeout
        const child_spec spec = child<quick>().ready_within(limit);  // child_spec.hpp:ready_within
        return check_childspecs(children(child_spec{spec}.health(how))).has_value();
    };
    for_each_long([&](auto time, const char* name) {
        EXPECT_TRUE(accepts(time, 1s, 1s)) << name;
        EXPECT_TRUE(accepts(1s, time, 1s)) << name;
        EXPECT_TRUE(accepts(1s, 1s, time)) << name;
    });
    for_each_negative([&](auto time, const char* name) {
        EXPECT_FALSE(accepts(time, 1s, 1s)) << name;
        EXPECT_FALSE(accepts(1s, time, 1s)) << name;
        EXPECT_FALSE(accepts(1s, 1s, time)) << name;
    });
}

TEST(every_wait, of_a_lasting_server_that_is_long_ends_with_the_start) {
    test::run_simulated([]() -> task<> {
        for (const time_span time : long_times()) {
            const pid late = spawn([]() -> task<> {
                co_await sleep(1h);
                auto starting = start_link<quick>(named("x"));
                const auto started = co_await starting;
                co_await sleep(1h);
                exit(started.process(), reason::kill);
            });
            lasting_server<quick> handle{"x"};
            // lasting_server.hpp:wait_until_running, lasting_server.hpp:wait_until_restarted
            const auto running = co_await handle.wait_until_running(time);
            EXPECT_TRUE(running.has_value());
            const quick::get asked;
            // lasting_server.hpp:call, lasting_server.hpp:call_again, lasting_server.hpp:call_until
            const auto once = co_await handle.call(asked, time);
            EXPECT_TRUE(once.has_value());
            const auto again = co_await handle.call_again(asked, time);
            EXPECT_TRUE(again.has_value());
            exit(late, reason::kill);
            co_await sleep(1s);
        }
        for (const time_span time : negative_times()) {
            lasting_server<quick> handle{"nobody"};
            const auto running = co_await handle.wait_until_running(time);
            EXPECT_FALSE(running.has_value());
            const auto restarted = co_await handle.wait_until_restarted(time);
            EXPECT_FALSE(restarted.has_value());
        }
    });
}

TEST(every_period, of_telemetry_is_right_or_refused) {  // telemetry.hpp:sample_period
    test::run_simulated([]() -> task<> {
        telemetry::attach("t", [](const telemetry::scheduler_sample&) {});
        for_each_long([](auto time, const char*) { telemetry::sample_period(time); });
        co_await sleep(1s);
        for_each_short([](auto time, const char* name) {
            EXPECT_THROW(telemetry::sample_period(time), badarg_error) << name;
        });
        telemetry::sample_period(1ms);
    });
}

/// A supervised child takes its limit, or the list is refused: child_types.hpp:shutdown_limit.
TEST(every_shutdown, that_is_too_long_or_negative_is_refused) {
    const auto refused = [](auto limit) {
        return !check_childspecs(children(child<quick>().shutdown(limit)));
    };
    for_each_long([&](auto time, const char* name) { EXPECT_TRUE(refused(time)) << name; });
    for_each_negative([&](auto time, const char* name) { EXPECT_TRUE(refused(time)) << name; });
    EXPECT_FALSE(refused(4294967295ms));
    EXPECT_FALSE(refused(0ns));
}

struct patient {
    static constexpr std::string_view name = "patient";
    static constexpr auto shutdown_timeout = std::chrono::hours::max();
    auto start() { return supervisor::start_link(children(), {}); }
};

// A negative limit does not compile.
TEST(every_shutdown, of_an_application_that_is_too_long_is_no_limit) {
    test::run_everywhere([]() -> task<> {
        co_await application::start<patient>();
        const auto stopped = co_await application::stop<patient>();
        EXPECT_TRUE(
            stopped.has_value());  // application.hpp:shutdown_timeout, application.hpp:limit
    });
}

TEST(every_option, of_a_runtime_that_is_a_time_is_right_or_refused) {
    for_each_long([](auto time, const char* name) {
        SCOPED_TRACE(name);
        runtime_options options = testing::sim_world::quiet();
        options.workers = 1;
        options.stuck_after = time;  // runtime.hpp:stuck_after
        if constexpr (std::constructible_from<std::chrono::microseconds, decltype(time)>) {
            options.spin = time;  // runtime.hpp:spin
        }
        runtime world{options};
        world.start();
        EXPECT_EQ(world.run([]() -> task<> { co_await sleep(1us); }), reason::normal);
        EXPECT_FALSE(world.wait_for_stop_request(0ns));
        EXPECT_EQ(run(world, []() -> task<> { co_return; }, time), 0);  // runtime.hpp:run
        EXPECT_TRUE(static_cast<bool>(world.stop(time)));               // runtime.hpp:stop
        EXPECT_TRUE(world.wait_for_stop_request(time));  // runtime.hpp:wait_for_stop_request
    });
    for_each_negative([](auto time, const char* name) {
        SCOPED_TRACE(name);
        runtime_options options;
        options.stuck_after = time;
        EXPECT_THROW(runtime{options}, std::invalid_argument);
        if constexpr (std::constructible_from<std::chrono::microseconds, decltype(time)>) {
            options = {};
            options.spin = time;
            EXPECT_THROW(runtime{options}, std::invalid_argument);
        }
    });
}

TEST(every_wait, of_an_outside_thread_ends_with_the_awaited_event) {
    for_each_long([](auto time, const char* name) {
        SCOPED_TRACE(name);
        runtime world{testing::sim_world::quiet()};
        world.start();
        const pid first = world.spawn([]() -> task<> { co_await receive<tick>(); });
        std::thread sender{[&] { world.send(first, tick{}); }};
        EXPECT_TRUE(world.wait(first, time).has_value());  // runtime.hpp:wait
        sender.join();
        world.spawn([]() -> task<> {
            auto starting = start<quick>(named("quick"));
            co_await starting;
        });
        EXPECT_TRUE(test::eventually([&] { return bool{world.whereis("quick")}; }));
        EXPECT_EQ(world.call(server<quick>{"quick"}, quick::get{}, time), 0);  // runtime.hpp:call
    });
    for_each_negative([](auto time, const char* name) {
        SCOPED_TRACE(name);
        runtime world{testing::sim_world::quiet()};
        world.start();
        const pid waiting = world.spawn([]() -> task<> { co_await receive<tick>(); });
        EXPECT_FALSE(world.wait(waiting, time).has_value());
        EXPECT_FALSE(world.call(server<quick>{waiting}, quick::get{}, time).has_value());
        world.stop(time);
    });
}

TEST(every_time, of_a_simulation_is_right_or_refused) {
    for_each_long([](auto time, const char* name) {
        SCOPED_TRACE(name);
        testing::sim_world world;
        const pid sleeper = world.spawn(
            [] { return [](time_span t) -> task<> { co_await sleep(t); }(nanoseconds::max()); });
        EXPECT_TRUE(world.run([]() -> task<> { co_await sleep(1ms); }, time)
                        .has_value());                    // sim_world.hpp:run
        EXPECT_FALSE(world.advance_to_next_timer(time));  // sim_world.hpp:advance_to_next_timer
        world.advance(time);                              // sim_world.hpp:advance
        world.advance(time);
        EXPECT_GT(world.now(), 24h);
        EXPECT_TRUE(world.alive(sleeper));
    });
    for_each_negative([](auto time, const char* name) {
        SCOPED_TRACE(name);
        testing::sim_world world;
        EXPECT_THROW(world.advance(time), std::invalid_argument);
        EXPECT_FALSE(world.advance_to_next_timer(time));
        world.run([]() -> task<> { co_return; }, time);
        EXPECT_EQ(world.now(), 0ns);
    });
}

}  // namespace
}  // namespace coppice
