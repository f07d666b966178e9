// SPDX-License-Identifier: Apache-2.0
// Reports of dynamic supervisors.

#include <algorithm>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

using words = std::vector<std::string>;

words ended_by_itself(restart_type restart, const exit_reason& why) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(obedient("a").restart(restart))).value();
        co_await end(a, why);
        co_await stop(d.whereis());
    }));
}

TEST(a_dynamic_child_that_ends, is_reported_when_permanent_or_abnormal) {
    const std::vector<exit_reason> reasons{reason::normal, reason::shutdown,
                                           reason::shutdown_with("x"), "boom"};
    for (const exit_reason& why : reasons) {
        const words said{"child_terminated a " + to_string(why)};
        EXPECT_EQ(ended_by_itself(permanent, why), said);
        EXPECT_EQ(ended_by_itself(transient, why), why.is_quiet() ? words{} : said);
        EXPECT_EQ(ended_by_itself(temporary, why), why.is_quiet() ? words{} : said);
    }
}

enum class stopped_by : std::uint8_t { terminate_child, shutdown };

words stopped(child_spec spec, stopped_by how) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(spec)).value();
        if (how == stopped_by::terminate_child) {
            co_await d.terminate_child(a);
        }
        co_await stop(d.whereis());
    }));
}

TEST(a_dynamic_child_that_is_stopped, is_reported_when_it_ends_with_an_unexpected_reason) {
    for (const auto how : {stopped_by::terminate_child, stopped_by::shutdown}) {
        for (const auto restart : {permanent, transient, temporary}) {
            const auto leaves = [&](exit_reason why) {
                return stopped(leaving_with("a", std::move(why)).restart(restart), how);
            };
            EXPECT_EQ(leaves(reason::shutdown), words{});
            EXPECT_EQ(leaves(reason::shutdown_with("x")), words{});
            EXPECT_EQ(leaves(reason::normal),
                      restart == permanent ? words{"shutdown_error a normal"} : words{});
            EXPECT_EQ(leaves("boom"), words{"shutdown_error a boom"});
            const child_spec late = slow("a", 3s).restart(restart).shutdown(2s);
            EXPECT_EQ(stopped(late, how), words{"shutdown_error a killed"});
            const child_spec brutal = slow("a", 3s).restart(restart).shutdown(brutal_kill);
            EXPECT_EQ(stopped(brutal, how), words{});
        }
    }
}

/// The reports of a child that ends while the supervisor is busy, before the supervisor stops the child.
words ended_before(child_spec spec, const exit_reason& why, stopped_by how) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(spec)).value();
        const pid busy = (co_await d.start_child(slow("busy", 1s))).value();
        const auto stops = [d](pid who) -> task<> { co_await d.terminate_child(who); };
        spawn(stops, busy);
        co_await settle();
        if (how == stopped_by::terminate_child) {
            spawn(stops, a);
        } else {
            exit(d.whereis(), reason::shutdown);
        }
        co_await settle();
        if (why == reason::killed) {
            exit(a, reason::kill);
        } else {
            kid::end told{why};
            server<kid>{a}.cast(told);
        }
        co_await sleep(2s);
        if (how == stopped_by::terminate_child) {
            co_await stop(d.whereis());
        }
    }));
}

TEST(a_dynamic_child_that_ended_before_it_was_asked, is_reported_unless_its_end_was_normal) {
    const std::vector<exit_reason> reasons{reason::shutdown, reason::shutdown_with("x"), "boom",
                                           reason::killed};
    for (const auto how : {stopped_by::terminate_child, stopped_by::shutdown}) {
        for (const auto restart : {permanent, transient, temporary}) {
            for (const auto limit : {shutdown_limit{5s}, infinity, brutal_kill}) {
                const child_spec spec = obedient("a").restart(restart).shutdown(limit);
                for (const exit_reason& why : reasons) {
                    EXPECT_EQ(ended_before(spec, why, how),
                              words{"shutdown_error a " + to_string(why)});
                }
                EXPECT_EQ(ended_before(spec, reason::normal, how),
                          restart == permanent ? words{"shutdown_error a normal"} : words{});
            }
        }
    }
}

TEST(a_dynamic_supervisor, that_stops_reports_each_child_that_ended_with_an_unexpected_reason) {
    auto said = brief(reports_of<supervisor_report>([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        for (const char* id : {"a", "b", "c"}) {
            co_await d.start_child(leaving_with(id, "boom"));
            co_await d.start_child(obedient(id));
        }
        co_await stop(d.whereis());
    }));
    std::sort(said.begin(), said.end());
    EXPECT_EQ(said,
              (words{"shutdown_error a boom", "shutdown_error b boom", "shutdown_error c boom"}));
}

TEST(a_dynamic_restart, that_fails_is_reported_until_the_limit_is) {
    const auto said = brief(reports_of<supervisor_report>([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 2});
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const pid a = (co_await d.start_child(scripted("a", plot))).value();
        co_await end(a, "boom");
    }));
    EXPECT_EQ(said, (words{"child_terminated a boom", "start_error a no_luck",
                           "start_error a no_luck", "shutdown a reached_max_restart_intensity"}));
}

TEST(a_dynamic_supervisor,
     that_gives_up_reports_the_crashed_child_once_and_siblings_that_end_abnormally) {
    for (const bool together : {false, true}) {
        const auto said = brief(reports_of<supervisor_report>([together]() -> task<> {
            trap_exit(true);
            const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 0});
            const pid a = (co_await d.start_child(obedient("a"))).value();
            if (together) {
                co_await d.start_child(obedient("b"));
                co_await d.start_child(leaving_with("c", "late"));
            }
            co_await end(a, "boom");
            EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
        }));
        words expected{"child_terminated a boom", "shutdown a reached_max_restart_intensity"};
        if (together) {
            expected.emplace_back("shutdown_error c late");
        }
        EXPECT_EQ(said, expected);
    }
}

/// The reports of a child waiting for a restart, under a supervisor that stops at the end.
words stopped_while_it_waits(stopped_by how) {
    return brief(reports_of<supervisor_report>([how]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 1000});
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const pid a = (co_await d.start_child(scripted("a", plot))).value();
        co_await d.start_child(obedient("b"));
        plot->init_takes = 1ms;
        exit(a, "boom");
        co_await sleep(2500us);  // two starts have failed, the third is still running
        if (how == stopped_by::terminate_child) {
            EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
        }
        exit(d.whereis(), reason::shutdown);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    }));
}

TEST(a_dynamic_child_that_waits_for_its_restart, is_not_reported_when_it_is_stopped) {
    for (const auto how : {stopped_by::terminate_child, stopped_by::shutdown}) {
        EXPECT_EQ(stopped_while_it_waits(how),
                  (words{"child_terminated a boom", "start_error a no_luck",
                         "start_error a no_luck", "start_error a no_luck"}));
    }
}

TEST(supervisor_report, of_a_dynamic_supervisor_names_the_supervisor_and_the_child) {
    pid child;
    const auto reports = reports_of<supervisor_report>([&]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic({.name = "rooms"});
        child = (co_await d.start_child(obedient("a").shutdown(7s))).value();
        co_await d.start_child(always("b", answer::error));  // the failure is the caller's business
        co_await end(child, "boom");
        co_await stop(d.whereis());
    });
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].supervisor, "rooms");
    EXPECT_EQ(reports[0].offender.process, child);
    EXPECT_EQ(reports[0].offender.restart, permanent);
    EXPECT_EQ(reports[0].offender.shutdown, shutdown_limit{7s});
    EXPECT_EQ(reports[0].offender.type, child_type::worker);
}

}  // namespace
}  // namespace coppice
