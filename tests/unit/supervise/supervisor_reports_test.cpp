// SPDX-License-Identifier: Apache-2.0
// Reports of supervisors: the events, the fields, the order and the words.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

using words = std::vector<std::string>;

/// The reports about a child that ends on its own.
words reported_end(restart_type restart, const exit_reason& why) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        const supervisor s = co_await started(children(obedient("a").restart(restart)));
        co_await end(co_await child_of(s, "a"), why);
        co_await stop(s.whereis());
    }));
}

TEST(child_terminated, is_reported_of_permanent_children_always_and_of_others_when_abnormal) {
    const std::vector<exit_reason> reasons{reason::normal, reason::shutdown,
                                           reason::shutdown_with("x"), "boom"};
    for (const exit_reason& why : reasons) {
        const words said{"child_terminated a " + to_string(why)};
        EXPECT_EQ(reported_end(permanent, why), said);
        EXPECT_EQ(reported_end(transient, why), why.is_quiet() ? words{} : said);
        EXPECT_EQ(reported_end(temporary, why), why.is_quiet() ? words{} : said);
    }
}

TEST(crash_report_of_a_child, tells_its_id_after_each_restart_as_does_process_info) {
    const auto crashes = reports_of<crash_report>([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), obedient("b")));
        for (int life = 0; life < 2; ++life) {
            const pid b = co_await child_of(s, "b");
            const std::vector<process_information> told = co_await process_info(b);
            EXPECT_EQ(told.at(0).child_id, "b");
            co_await end(b, "boom");
        }
        co_await stop(s.whereis());
    });
    ASSERT_EQ(crashes.size(), 2U);
    EXPECT_EQ(crashes[0].child_id, "b");
    EXPECT_EQ(crashes[1].child_id, "b");
}

TEST(crash_report_of_a_child, of_a_dynamic_supervisor_has_no_id) {
    const auto crashes = reports_of<crash_report>([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const child_result one = co_await d.start_child(obedient("a"));
        co_await end(one.value(), "boom");
        co_await stop(d.whereis());
    });
    ASSERT_EQ(crashes.size(), 1U);
    EXPECT_EQ(crashes[0].child_id, "");
}

/// The reports about the end of a child stopped by the supervisor.
words reported_stop(child_spec spec) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        const supervisor s = co_await started(children(spec));
        co_await stop(s.whereis());
    }));
}

TEST(shutdown_error, is_reported_of_children_that_end_with_an_unexpected_reason) {
    for (const auto restart : {permanent, transient, temporary}) {
        const auto stops_with = [restart](exit_reason why) {
            return reported_stop(leaving_with("a", std::move(why)).restart(restart));
        };
        EXPECT_EQ(stops_with(reason::shutdown), words{});
        EXPECT_EQ(stops_with(reason::shutdown_with("x")), words{});
        EXPECT_EQ(stops_with("boom"), words{"shutdown_error a boom"});
        EXPECT_EQ(stops_with(reason::normal),
                  restart == permanent ? words{"shutdown_error a normal"} : words{});
        EXPECT_EQ(reported_stop(slow("a", 3s).shutdown(2s).restart(restart)),
                  words{"shutdown_error a killed"});
        EXPECT_EQ(reported_stop(slow("a", 1s).shutdown(2s).restart(restart)), words{});
        EXPECT_EQ(reported_stop(slow("a", 3s).shutdown(brutal_kill).restart(restart)), words{});
        EXPECT_EQ(reported_stop(leaving_with("a", "boom").shutdown(infinity).restart(restart)),
                  words{"shutdown_error a boom"});
    }
}

/// The reports of a child that ends with `why` while the supervisor is busy, before
/// the supervisor stops the child.
words reported_early_end(restart_type restart, shutdown_limit limit, const exit_reason& why) {
    return brief(reports_of<supervisor_report>([&]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(
            children(obedient("a").restart(restart).shutdown(limit), slow("busy", 1s)));
        const pid a = co_await child_of(s, "a");
        exit(s.whereis(), reason::shutdown);
        co_await settle();
        kid::end told{why};
        server<kid>{a}.cast(told);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    }));
}

TEST(shutdown_error, has_the_true_reason_of_a_child_that_ended_before_the_shutdown_request) {
    for (const shutdown_limit limit : {shutdown_limit{5s}, infinity, brutal_kill}) {
        for (const auto restart : {permanent, transient, temporary}) {
            EXPECT_EQ(reported_early_end(restart, limit, "boom"), words{"shutdown_error a boom"});
            EXPECT_EQ(reported_early_end(restart, limit, reason::shutdown), words{});
            EXPECT_EQ(reported_early_end(restart, limit, reason::shutdown_with("x")), words{});
            EXPECT_EQ(reported_early_end(restart, limit, reason::normal),
                      restart == permanent ? words{"shutdown_error a normal"} : words{});
        }
    }
}

TEST(shutdown_error, reports_the_second_of_two_simultaneous_crashes_in_a_group) {
    const auto alone = brief(reports_of<supervisor_report>([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), obedient("b")));
        const pid a = co_await child_of(s, "a");
        const pid b = co_await child_of(s, "b");
        co_await end(a, "first");
        co_await end(b, "second");
        co_await stop(s.whereis());
    }));
    EXPECT_EQ(alone, (words{"child_terminated a first", "child_terminated b second"}));
    const auto together = brief(reports_of<supervisor_report>([&]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), slow("b", 1s), obedient("c")),
                                              {.strategy = one_for_all});
        const pid a = co_await child_of(s, "a");
        exit(co_await child_of(s, "c"), "first");
        co_await settle();  // the supervisor waits for b now
        kid::end told{"second"};
        server<kid>{a}.cast(told);
        co_await sleep(2s);
        EXPECT_EQ(co_await shown(s), "c:alive b:alive a:alive");
        co_await stop(s.whereis());
    }));
    EXPECT_EQ(together, (words{"child_terminated c first", "shutdown_error a second"}));
}

TEST(start_error, is_reported_in_a_start_and_a_restart_and_not_for_a_request) {
    const auto at_start = brief(reports_of<supervisor_report>([]() -> task<> {
        trap_exit(true);
        co_await failure_of(children(obedient("a"), always("b", answer::error)));
    }));
    EXPECT_EQ(at_start, words{"start_error b no_luck"});
    const auto later = brief(reports_of<supervisor_report>([]() -> task<> {
        const supervisor s = co_await started(
            children(scripted("a", script_of(answer::ok, answer::error, answer::error))));
        co_await s.start_child(always("b", answer::error));
        co_await s.terminate_child("a");
        co_await s.restart_child("a");
        co_await stop(s.whereis());
    }));
    EXPECT_EQ(later, words{});
    const auto restarted = brief(reports_of<supervisor_report>([]() -> task<> {
        const supervisor s =
            co_await started(children(scripted("a", script_of(answer::ok, answer::error))));
        co_await end(co_await child_of(s, "a"), "boom");
        co_await stop(s.whereis());
    }));
    EXPECT_EQ(restarted, (words{"child_terminated a boom", "start_error a no_luck"}));
}

TEST(supervisor_report,
     of_the_limit_comes_after_the_child_termination_and_before_the_shutdown_errors) {
    const auto said = brief(reports_of<supervisor_report>([]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(children(obedient("a"), leaving_with("b", "bye")),
                                              {.max_restarts = 0});
        co_await end(co_await child_of(s, "a"), "boom");
    }));
    EXPECT_EQ(said, (words{"child_terminated a boom", "shutdown a reached_max_restart_intensity",
                           "shutdown_error b bye"}));
}

TEST(supervisor_report, names_the_supervisor_and_all_fields_of_the_child) {
    pid child;
    pid unnamed;
    const auto reports = reports_of<supervisor_report>([&]() -> task<> {
        const child_spec spec = obedient("a").restart(transient).significant(true).shutdown(7s);
        for (const std::string_view name : {"top", ""}) {
            const supervisor s = co_await started(
                children(spec),
                {.auto_shutdown = auto_shutdown_mode::all_significant, .name = name});
            unnamed = s.whereis();
            child = co_await child_of(s, "a");
            co_await end(child, "boom");
            co_await stop(s.whereis());
        }
    });
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].supervisor, "top");
    EXPECT_EQ(reports[1].supervisor, "{" + to_string(unnamed) + ",supervisor}");
    const supervisor_report& last = reports[1];
    EXPECT_EQ(last.context, supervisor_context::child_terminated);
    EXPECT_EQ(last.why, "boom");
    EXPECT_EQ(last.offender.process, child);
    EXPECT_EQ(last.offender.id, "a");
    EXPECT_TRUE(last.offender.start.ends_with("kid")) << last.offender.start;
    EXPECT_EQ(last.offender.restart, transient);
    EXPECT_TRUE(last.offender.significant);
    EXPECT_EQ(last.offender.shutdown, shutdown_limit{7s});
    EXPECT_EQ(last.offender.type, child_type::worker);
}

TEST(supervisor_report, prints_the_context_the_reason_and_the_offender) {
    report r;
    supervisor_report body;
    body.supervisor = "top";
    body.context = supervisor_context::shutdown_error;
    body.why = reason::killed;
    body.offender = {{}, "a", "kid", transient, true, shutdown_limit{2s}, child_type::worker};
    r.body = body;
    const std::string nobody = to_string(pid{});
    EXPECT_EQ(to_string(r),
              "SUPERVISOR REPORT top: shutdown_error\n"
              "    reason: killed\n"
              "    offender: id a, pid " +
                  nobody + ", start kid, transient, significant, shutdown 2000, worker");
    body.offender.significant = false;
    body.offender.shutdown = brutal_kill;
    body.offender.type = child_type::supervisor;
    body.offender.restart = temporary;
    r.body = progress_report{"top", body.offender};
    EXPECT_EQ(to_string(r),
              "PROGRESS REPORT top\n"
              "    started: id a, pid " +
                  nobody + ", start kid, temporary, shutdown brutal_kill, supervisor");
    EXPECT_TRUE(format_line(r).ends_with("supervisor\n"));
}

TEST(progress_report, is_made_of_every_start_that_gives_a_process_and_of_no_other) {
    std::vector<std::string> said;
    const auto reports = reports_of<progress_report>(
        []() -> task<> {
            const script_ptr plot = script_of(answer::ok, answer::ok, answer::error, answer::ok);
            const supervisor s = co_await started(
                children(scripted("a", plot), always("ignored", answer::ignore)), {.name = "top"});
            co_await s.start_child(obedient("b"));
            co_await s.start_child(always("c", answer::ignore));
            co_await s.start_child(always("d", answer::error));
            co_await s.terminate_child("a");
            co_await s.restart_child("a");
            co_await end(co_await child_of(s, "a"), "boom");  // fails once, then starts
            const dynamic_supervisor d = co_await started_dynamic();
            co_await d.start_child(obedient("e"));
            co_await stop(d.whereis());
            co_await stop(s.whereis());
        },
        report_level::info);
    for (const progress_report& each : reports) {
        EXPECT_EQ(each.supervisor, "top");
        EXPECT_TRUE(static_cast<bool>(each.started.process));
        said.push_back(each.started.id);
    }
    EXPECT_EQ(said, (words{"a", "b", "a", "a"}));
}

TEST(progress_report, is_not_made_when_only_errors_are_wanted) {
    const auto reports = reports_of<progress_report>([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        co_await stop(s.whereis());
    });
    EXPECT_TRUE(reports.empty());
}

}  // namespace
}  // namespace coppice
