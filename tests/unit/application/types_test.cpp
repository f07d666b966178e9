// SPDX-License-Identifier: Apache-2.0
// Goal: the effects on the runtime of the end of an application and of a failed start, as in OTP's table.
//
//     type        the top ends: normal    any other    the start fails    by exit(normal)
//     temporary   told                    told         told               told
//     transient   told                    all ends     all ends           told
//     permanent   all ends                all ends     all ends           all ends

#include <gtest/gtest.h>

#include <ostream>

#include "support/applications.hpp"

namespace coppice {
namespace {

using namespace test;

struct row {
    restart_type type;
    const char* happens;
    bool ends_all;
};
std::ostream& operator<<(std::ostream& out, const row& r) {
    return out << to_string(r.type) << " and " << r.happens;
}

exit_reason reason_named(const std::string& name) {
    return name == "normal"     ? reason::normal
           : name == "shutdown" ? reason::shutdown
                                : exit_reason::symbol(name);
}

class end_of_application : public ::testing::TestWithParam<row> {};

TEST_P(end_of_application, is_reported_or_ends_the_runtime) {
    const row given = GetParam();
    run_everywhere([given]() -> task<> {
        co_await application::start<library>();
        co_await application::start<ap>(given.type);
        const pid controller = whereis("application_controller");
        const ref watching = monitor(controller);
        co_await end_top("ap", reason_named(given.happens));
        if (given.ends_all) {
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(to_string(down.why),
                      "{shutdown,{application_terminated,ap," + std::string{given.happens} + "}}");
            EXPECT_EQ(names_of(application::which_applications()), "");
            const auto again = co_await application::start<ap>();
            EXPECT_EQ(shown(again), "noproc");
        } else {
            co_await until_ended("ap");
            const auto others = co_await application::stop<library>();  // the controller is alive
            EXPECT_EQ(shown(others), "ok");
            EXPECT_EQ(whereis("application_controller"), controller);
            const auto clears = co_await application::stop<ap>();
            EXPECT_EQ(shown(clears), "ok");
            const auto cleared = co_await application::stop<ap>();
            EXPECT_EQ(shown(cleared), "{not_started,ap}");
        }
        EXPECT_EQ(noted(), "start ap prep_stop ap down stop ap down");
    });
}

INSTANTIATE_TEST_SUITE_P(
    table, end_of_application,
    ::testing::Values(row{temporary, "normal", false}, row{temporary, "shutdown", false},
                      row{temporary, "boom", false}, row{transient, "normal", false},
                      row{transient, "shutdown", true}, row{transient, "boom", true},
                      row{permanent, "normal", true}, row{permanent, "shutdown", true},
                      row{permanent, "boom", true}));

class application_that_fails_to_start : public ::testing::TestWithParam<row> {};

TEST_P(application_that_fails_to_start, is_reported_or_ends_the_runtime) {
    const row given = GetParam();
    run_everywhere([given]() -> task<> {
        co_await application::start<library>();
        const ref watching = monitor(whereis("application_controller"));
        application::put_env("ap", "start", given.happens);
        const auto begun = co_await application::start<ap>(given.type);
        EXPECT_FALSE(begun.has_value());
        if (given.ends_all) {
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_TRUE(
                to_string(down.why).starts_with("{shutdown,{application_start_failure,ap,{"))
                << to_string(down.why);
        } else {
            const auto others = co_await application::stop<library>();
            EXPECT_EQ(shown(others), "ok");
            const auto never = co_await application::stop<ap>();
            EXPECT_EQ(shown(never), "{not_started,ap}");
        }
    });
}

INSTANTIATE_TEST_SUITE_P(
    table, application_that_fails_to_start,
    ::testing::Values(row{temporary, "error", false}, row{temporary, "leave", false},
                      row{transient, "error", true}, row{transient, "ignore", true},
                      row{transient, "leave", false}, row{permanent, "error", true},
                      row{permanent, "leave", true}));

TEST(application_type, does_not_matter_for_a_requested_stop) {
    run_everywhere([]() -> task<> {
        for (const restart_type type : {permanent, transient, temporary}) {
            co_await application::start<ap>(type);
            const auto ended = co_await application::stop<ap>();
            EXPECT_EQ(shown(ended), "ok");
        }
        const auto begun = co_await application::start<ap>(permanent);
        EXPECT_EQ(shown(begun), "ok");
    });
}

TEST(application_type, ends_the_others_first_newest_first) {
    run_everywhere([]() -> task<> {
        const auto all = co_await application::ensure_all_started<roof>();
        EXPECT_TRUE(all.has_value());
        co_await application::start<ap>(permanent);
        noted();
        const pid controller = whereis("application_controller");
        monitor(controller);
        co_await end_top("ap", "boom");
        co_await receive<down_message>();
        EXPECT_EQ(noted(),
                  "prep_stop ap down stop ap down prep_stop roof up stop roof down "
                  "prep_stop right up stop right down prep_stop left up stop left down "
                  "prep_stop bottom up stop bottom down");
    });
}

TEST(ended_application, may_be_started_again) {
    run_everywhere([]() -> task<> {
        co_await application::ensure_all_started<right>();
        co_await end_top("bottom", reason::shutdown);
        co_await until_ended("bottom");
        // For its dependents the application counts as started until stopped.
        co_await application::stop<right>();
        const auto begun = co_await application::start<right>();
        EXPECT_EQ(shown(begun), "ok");
        const auto again = co_await application::start<bottom>();
        EXPECT_EQ(shown(again), "ok");
    });
}

/// Runs `body` in a runtime of its own, as in a program.
template <class Body>
int status_of(Body body) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    return run(world, [body]() -> task<> {
        auto running = body();
        co_await running;
        co_await receive<int>();
    });
}

TEST(run_with_applications, answers_1_when_an_application_ends_the_runtime) {
    EXPECT_EQ(status_of([]() -> task<> {
                  co_await application::start<ap>(permanent);
                  co_await end_top("ap", reason::shutdown);
              }),
              1);
    EXPECT_EQ(status_of([]() -> task<> {
                  application::put_env("ap", "start", "error");
                  co_await application::start<ap>(permanent);
              }),
              1);
    EXPECT_EQ(status_of([]() -> task<> {
                  co_await application::start<ap>(permanent);
                  co_await end_top("ap", reason::normal);
              }),
              0);
    EXPECT_EQ(status_of([]() -> task<> {
                  co_await application::start<ap>(permanent);
                  request_stop();
              }),
              0);
}

TEST(runtime_stop, stops_applications_newest_first) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    for (const bool simulated : {false, true}) {
        options.clock = simulated ? clock_kind::simulated : clock_kind::real;
        std::vector<std::string> told;
        options.level = report_level::error;
        options.on_report = [&told](const report& r) {
            if (const auto* text = std::get_if<text_report>(&r.body)) {
                told.push_back(text->text);
            }
        };
        runtime world{options};
        world.start();
        world.run([]() -> task<> {
            for (const char* each : {"bottom", "left", "roof", "right"}) {
                application::put_env(each, "prep_stop", "crash");
            }
            const auto all = co_await application::ensure_all_started<roof>(permanent);
            EXPECT_TRUE(all.has_value());
        });
        EXPECT_TRUE(static_cast<bool>(world.stop()));
        world.flush_reports();
        std::vector<std::string> order;
        for (const std::string& each : told) {
            order.push_back(each.substr(0, each.find(':')));
        }
        EXPECT_EQ(order, (std::vector<std::string>{"application roof", "application right",
                                                   "application left", "application bottom"}));
    }
}

}  // namespace
}  // namespace coppice
