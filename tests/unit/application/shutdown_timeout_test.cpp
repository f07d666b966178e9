// SPDX-License-Identifier: Apache-2.0
// Goal: the stop of an application takes the time needed, up to its shutdown_timeout. At the timeout a kill
// ends the application with all of its processes. The earlier applications are stopped all the same.
// Method: the environment of an application sets the duration of each part of the stop, on the virtual
// clock; on scheduler threads, the stop of an application never returns.

#include <gtest/gtest.h>

#include <atomic>

#include "support/applications.hpp"

namespace coppice {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// Takes the time of `part` of the stop, in milliseconds.
task<> take_time_for(std::string part) {
    const int time = application::get_env<int>("slow", part, 0);
    co_await sleep(std::chrono::milliseconds{time});
}

struct slow_child {
    slow_child() { trap_exit(true); }
    task<> terminate(exit_reason /*why*/) {
        auto taking = take_time_for("tree");
        co_await taking;
    }
};

template <class App>
struct slow_application {
    auto start() {
        spawn([]() -> task<> {  // belongs to the application, without links
            trap_exit(true);
            register_name("slow_stray", self());
            co_await receive<int>();
        });
        const child_spec worker =
            child<slow_child>().name("slow_child").shutdown(shutdown_limit::infinity());
        return supervisor::start_link(children(worker), {.name = "slow_top"});
    }
    task<> prep_stop() {
        auto taking = take_time_for("prep_stop");
        co_await taking;
    }
    task<> stop() {
        auto taking = take_time_for("stop");
        co_await taking;
        note("stopped");
    }
};

struct slow : slow_application<slow> {
    static constexpr std::string_view name = "slow";
    static constexpr auto shutdown_timeout = 3s;
};
struct slow_at_will : slow_application<slow_at_will> {
    static constexpr std::string_view name = "slow";
};
struct impatient : slow_application<impatient> {
    static constexpr std::string_view name = "slow";
    static constexpr std::chrono::nanoseconds shutdown_timeout{0};
};

struct stop_times {
    int prep_stop = 0;
    int tree = 0;
    int stop = 0;
};

/// The duration of the stop.
template <class App>
task<std::chrono::nanoseconds> stop_with_times(stop_times times) {
    application::put_env("slow", "prep_stop", times.prep_stop);
    application::put_env("slow", "tree", times.tree);
    application::put_env("slow", "stop", times.stop);
    const auto begun = co_await application::start<App>();
    EXPECT_EQ(shown(begun), "ok");
    const auto before = monotonic_time();
    const auto ended = co_await application::stop<App>();
    EXPECT_EQ(shown(ended), "ok");
    EXPECT_EQ(names_of(application::which_applications()), "");
    for (const char* each : {"slow_top", "slow_child", "slow_stray"}) {
        EXPECT_FALSE(whereis(each)) << each;
    }
    co_return monotonic_time() - before;
}

TEST(shutdown_timeout, allows_a_stop_just_within_the_timeout) {
    run_simulated([]() -> task<> {
        for (const stop_times each : {stop_times{2999, 0, 0}, stop_times{0, 2999, 0},
                                      stop_times{0, 0, 2999}, stop_times{1000, 1000, 999}}) {
            const auto took = co_await stop_with_times<slow>(each);
            EXPECT_GE(took, 2999ms);
            EXPECT_LT(took, 3s);
            EXPECT_EQ(noted(), "stopped");
        }
    });
}

TEST(shutdown_timeout, kills_an_application_that_exceeds_the_timeout_in_any_stop_phase) {
    run_simulated([]() -> task<> {
        for (const stop_times each :
             {stop_times{3001, 0, 0}, stop_times{0, 3001, 0}, stop_times{0, 0, 3001},
              stop_times{1000, 1000, 1001}, stop_times{1'000'000, 0, 0}}) {
            const auto took = co_await stop_with_times<slow>(each);
            EXPECT_GE(took, 3s);
            EXPECT_LT(took, 3001ms);
            EXPECT_EQ(noted(), "");
        }
        const auto again = co_await stop_with_times<slow>({});
        EXPECT_LT(again, 1ms);
        EXPECT_EQ(noted(), "stopped");
    });
}

TEST(shutdown_timeout, of_zero_kills_at_once) {
    run_simulated([]() -> task<> {
        const auto took = co_await stop_with_times<impatient>({1, 0, 0});
        EXPECT_LT(took, 1ms);
        EXPECT_EQ(noted(), "");
    });
}

TEST(an_application_without_shutdown_timeout, stops_without_a_time_limit) {
    run_simulated([]() -> task<> {
        constexpr int quarter = 900'000;
        const auto took = co_await stop_with_times<slow_at_will>({quarter, quarter, quarter});
        EXPECT_GE(took, 45min);
        EXPECT_EQ(noted(), "stopped");
    });
}

TEST(shutdown_timeout, is_reported_and_the_other_applications_are_stopped) {
    std::vector<std::string> told;
    runtime_options options = testing::sim_world::quiet();
    options.clock = clock_kind::simulated;
    options.level = report_level::error;
    options.on_report = [&told](const report& r) {
        if (const auto* text = std::get_if<text_report>(&r.body)) {
            told.push_back(text->text);
        }
    };
    runtime world{options};
    world.start();
    world.run([]() -> task<> {
        application::put_env("slow", "prep_stop", 10'000);
        application::put_env("ap", "prep_stop", "crash");
        co_await application::start<ap>();
        co_await application::start<slow>();
    });
    const stop_result stopped = world.stop(30s);
    EXPECT_TRUE(static_cast<bool>(stopped));
    world.flush_reports();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(
        told[0],
        "application slow did not stop within its shutdown_timeout of 3000ms, and was killed");
    EXPECT_TRUE(told[1].starts_with("application ap: prep_stop failed")) << told[1];
}

std::atomic<bool> may_return{false};

struct runaway {
    static constexpr std::string_view name = "runaway";
    static constexpr auto shutdown_timeout = 50ms;
    auto start() { return supervisor::start_link(children(child<slow_child>()), {}); }
    void prep_stop() {
        while (!may_return.load(std::memory_order_relaxed)) {
        }
    }
};

TEST(shutdown_timeout, ends_the_wait_for_a_callback_that_does_not_return) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        may_return = false;
        run_on_workers(workers, []() -> task<> {
            co_await application::start<runaway>();
            const auto ended = co_await application::stop<runaway>();
            EXPECT_EQ(shown(ended), "ok");
            may_return = true;
        });
    }
}

}  // namespace
}  // namespace coppice
