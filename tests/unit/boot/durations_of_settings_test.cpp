// SPDX-License-Identifier: Apache-2.0
// Durations in settings, and those that threads outside of a runtime pass, at the edges of the range: the second half
// of durations_test.cpp.

#include <thread>

#include "coppice/health_check.hpp"
#include "coppice/lasting_server.hpp"
#include "coppice/partition_supervisor.hpp"
#include "coppice/program.hpp"
#include "coppice/restart_schedule.hpp"
#include "coppice/telemetry.hpp"
#include "support/eventually.hpp"
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
            co_await sleep(1min);
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
                co_await sleep(1s);
                auto starting = start_link<quick>(named("x"));
                const auto started = co_await starting;
                co_await sleep(1min);
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
