// SPDX-License-Identifier: Apache-2.0
// The answers of a supervisor about children in each state.

#include <functional>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(supervisor_api, takes_a_child_through_its_whole_life) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children());
        const pid first = (co_await s.start_child(obedient("a"))).value();
        EXPECT_EQ(shown(co_await s.count_children()), "1 1 0 1");
        EXPECT_EQ(co_await child_of(s, "a"), first);
        EXPECT_EQ((co_await s.start_child(obedient("a"))).error(),
                  exit_reason::tuple("already_started", exit_reason::process(first)));
        EXPECT_EQ((co_await s.restart_child("a")).error(), "running");
        EXPECT_EQ((co_await s.delete_child("a")).error(), "running");
        EXPECT_EQ((co_await s.terminate_child(to_string(first))).error(), "not_found");
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_FALSE(co_await is_alive(first));
        EXPECT_EQ(co_await shown(s), "a:undefined");
        EXPECT_EQ(shown(co_await s.count_children()), "1 0 0 1");
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_EQ((co_await s.start_child(obedient("a"))).error(), "already_present");
        const pid second = (co_await s.restart_child("a")).value();
        EXPECT_NE(first, second);
        EXPECT_EQ(co_await shown(s), "a:alive");
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_TRUE((co_await s.delete_child("a")).has_value());
        EXPECT_EQ(shown(co_await s.count_children()), "0 0 0 0");
        EXPECT_EQ((co_await s.restart_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.delete_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.terminate_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.get_childspec("a")).error(), "not_found");
        EXPECT_TRUE((co_await s.start_child(obedient("a"))).ok());
        co_await stop(s.whereis());
    });
}

TEST(supervisor_api, ends_a_caller_with_noproc_when_there_is_no_supervisor) {
    run_everywhere([]() -> task<> {
        const supervisor gone = co_await started(children());
        co_await stop(gone.whereis());
        const std::vector<supervisor> missing{gone, supervisor{"nobody"}};
        for (const supervisor& s : missing) {
            std::vector<std::function<task<>()>> requests;
            requests.emplace_back([s]() -> task<> { co_await s.start_child(obedient("a")); });
            requests.emplace_back([s]() -> task<> { co_await s.terminate_child("a"); });
            requests.emplace_back([s]() -> task<> { co_await s.restart_child("a"); });
            requests.emplace_back([s]() -> task<> { co_await s.delete_child("a"); });
            requests.emplace_back([s]() -> task<> { co_await s.which_children(); });
            requests.emplace_back([s]() -> task<> { co_await s.count_children(); });
            requests.emplace_back([s]() -> task<> { co_await s.get_childspec("a"); });
            for (const auto& request : requests) {
                const exit_reason why = co_await fate_of(request);
                EXPECT_EQ(why.size(), 2U) << why;
                EXPECT_EQ(why[0], reason::noproc) << why;
            }
        }
    });
}

TEST(restart_child, keeps_the_position_and_a_deleted_child_comes_back_last) {
    run_everywhere([]() -> task<> {
        const supervisor s =
            co_await started(children(obedient("a"), obedient("b"), obedient("c")));
        co_await s.terminate_child("a");
        EXPECT_EQ(co_await shown(s), "c:alive b:alive a:undefined");
        co_await s.restart_child("a");
        EXPECT_EQ(co_await shown(s), "c:alive b:alive a:alive");
        co_await s.terminate_child("a");
        co_await s.delete_child("a");
        co_await s.start_child(obedient("a"));
        EXPECT_EQ(co_await shown(s), "a:alive c:alive b:alive");
        co_await stop(s.whereis());
    });
}

TEST(terminate_child, keeps_the_spec_unless_the_child_is_temporary) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(
            obedient("p"), obedient("tr").restart(transient), obedient("te").restart(temporary)));
        for (const char* id : {"p", "tr", "te"}) {
            EXPECT_TRUE((co_await s.terminate_child(id)).has_value());
        }
        EXPECT_EQ(co_await shown(s), "tr:undefined p:undefined");
        EXPECT_EQ((co_await s.terminate_child("te")).error(), "not_found");
        EXPECT_EQ((co_await s.restart_child("te")).error(), "not_found");
        EXPECT_TRUE((co_await s.start_child(obedient("te").restart(temporary))).ok());
        co_await stop(s.whereis());
    });
}

TEST(start_child, that_succeeds_or_fails_does_not_count_as_a_restart) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")), {.max_restarts = 1});
        for (int i = 0; i < 10; ++i) {
            co_await s.terminate_child("a");
            EXPECT_TRUE((co_await s.restart_child("a")).ok());
            co_await s.start_child(always("x", answer::error));
            co_await s.start_child(obedient("t").restart(temporary));
            co_await end(co_await child_of(s, "t"), "boom");
        }
        co_await end(co_await child_of(s, "a"), "boom");
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_temporary_child, added_by_start_child_keeps_no_start_function_unlike_one_of_the_start) {
    run_simulated([]() -> task<> {
        for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
            const supervisor s = co_await started(children(obedient("first").restart(temporary)),
                                                  {.strategy = strategy});
            co_await s.start_child(obedient("temporary").restart(temporary));
            co_await s.start_child(obedient("transient").restart(transient));
            co_await s.start_child(obedient("permanent"));
            EXPECT_TRUE(static_cast<bool>((co_await s.get_childspec("first"))->start()));
            EXPECT_FALSE(static_cast<bool>((co_await s.get_childspec("temporary"))->start()));
            EXPECT_TRUE(static_cast<bool>((co_await s.get_childspec("transient"))->start()));
            EXPECT_TRUE(static_cast<bool>((co_await s.get_childspec("permanent"))->start()));
            co_await stop(s.whereis());
        }
    });
}

TEST(a_temporary_child, is_forgotten_after_any_end_unlike_other_types) {
    run_simulated([]() -> task<> {
        const std::vector<exit_reason> reasons{reason::normal, reason::shutdown, "boom"};
        for (const exit_reason& why : reasons) {
            const supervisor s = co_await started(children(), {.max_restarts = 10});
            const child_spec temp = obedient("te").restart(temporary);
            const child_spec trans = obedient("tr").restart(transient);
            co_await s.start_child(temp);
            co_await s.start_child(trans);
            co_await s.start_child(obedient("p"));
            for (const char* id : {"te", "tr", "p"}) {
                co_await end(co_await child_of(s, id), why);
            }
            EXPECT_TRUE((co_await s.start_child(temp)).ok());
            const exit_reason transient_answer = (co_await s.start_child(trans)).error();
            if (why.is_quiet()) {
                EXPECT_EQ(transient_answer, "already_present");
            } else {
                EXPECT_EQ(transient_answer[0], "already_started");
            }
            EXPECT_EQ((co_await s.start_child(obedient("p"))).error()[0], "already_started");
            co_await stop(s.whereis());
        }
    });
}

task<> unlinked(supervisor s, std::string id) {
    const pid who = co_await child_of(s, id);
    kid::detach told{s.whereis()};
    server<kid>{who}.cast(told);
    co_await settle();
}

TEST(a_child_that_unlinked_itself, cannot_hang_terminate_child) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), slow("b", 1h)));
        const pid a = co_await child_of(s, "a");
        co_await unlinked(s, "a");
        co_await unlinked(s, "b");
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_FALSE(co_await is_alive(a));
        const auto before = detail::now();
        EXPECT_TRUE((co_await s.terminate_child("b")).has_value());
        EXPECT_EQ(detail::now() - before, 5s);
        EXPECT_EQ(co_await shown(s), "b:undefined a:undefined");
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_unlinked_itself, and_died_is_listed_and_not_counted_as_active) {
    const auto reports = reports_of<supervisor_report>([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), obedient("b")));
        const pid a = co_await child_of(s, "a");
        co_await unlinked(s, "a");
        co_await end(a, "boom");
        EXPECT_EQ(co_await shown(s), "b:alive a:alive");
        EXPECT_EQ(co_await child_of(s, "a"), a);
        EXPECT_EQ(shown(co_await s.count_children()), "2 1 0 2");
        EXPECT_EQ((co_await s.restart_child("a")).error(), "running");
        co_await stop(s.whereis());
    });
    EXPECT_EQ(brief(reports), std::vector<std::string>{"shutdown_error a noproc"});
}

TEST(terminate_child, whose_request_waits_behind_a_crash_stops_the_restarted_child) {
    run_simulated([]() -> task<> {
        script_ptr plot = script_of();
        const supervisor s = co_await started(children(scripted("a", plot)));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");  // the exit reaches the child before the request reaches the supervisor
        EXPECT_FALSE(co_await is_alive(a));
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_EQ(plot->starts, 2);
        EXPECT_EQ(co_await shown(s), "a:undefined");
        co_await stop(s.whereis());
    });
}

TEST(terminate_child, that_meets_a_crash_consumes_the_crash_without_a_restart) {
    script_ptr plot = script_of();
    const auto reports = reports_of<supervisor_report>([&]() -> task<> {
        const supervisor s =
            co_await started(children(scripted("a", plot), slow("b", 1s)), {.max_restarts = 0});
        const pid a = co_await child_of(s, "a");
        const auto stops_b = [s]() -> task<> { co_await s.terminate_child("b"); };
        const auto stops_a = [s]() -> task<> { co_await s.terminate_child("a"); };
        spawn(stops_b);
        co_await settle();
        const pid second = spawn(stops_a);  // waits behind the stop of b, before the crash
        co_await settle();
        kid::end told{"boom"};
        server<kid>{a}.cast(told);
        EXPECT_EQ(co_await end_of(second), reason::normal);
        EXPECT_EQ(co_await shown(s), "b:undefined a:undefined");
        co_await stop(s.whereis());
    });
    EXPECT_EQ(plot->starts, 1);
    EXPECT_EQ(brief(reports), std::vector<std::string>{"shutdown_error a boom"});
}

TEST(terminate_child, lasts_until_the_child_ends_while_other_requests_wait) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(slow("a", 3s), obedient("b")));
        const auto before = detail::now();
        const auto asks = [s]() -> task<> { co_await s.terminate_child("a"); };
        spawn(asks);
        co_await settle();
        EXPECT_EQ(co_await shown(s), "b:alive a:undefined");
        EXPECT_EQ(detail::now() - before, 3s);
        co_await stop(s.whereis());
    });
}

TEST(start_child, lasts_until_init_returns_while_other_requests_wait) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children());
        kid::manners how;
        how.init_takes = 3s;
        const child_spec spec = child<kid>(how).id("a");
        const auto before = detail::now();
        const auto asks = [s, spec]() -> task<> { co_await s.start_child(spec); };
        spawn(asks);
        co_await settle();
        EXPECT_EQ(shown(co_await s.count_children()), "1 1 0 1");
        EXPECT_EQ(detail::now() - before, 3s);
        co_await stop(s.whereis());
    });
}

TEST(supervisor, is_recognized_in_process_info_by_flag_behaviour_and_initial_call) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        const dynamic_supervisor d = co_await started_dynamic();
        const auto of_s = co_await process_info(s.whereis());
        const auto of_d = co_await process_info(d.whereis());
        const auto of_a = co_await process_info(co_await child_of(s, "a"));
        EXPECT_TRUE(of_s.at(0).is_supervisor);
        EXPECT_EQ(of_s.at(0).initial_call, "supervisor:supervisor");
        EXPECT_TRUE(of_d.at(0).is_supervisor);
        EXPECT_EQ(of_d.at(0).initial_call, "dynamic_supervisor");
        EXPECT_FALSE(of_a.at(0).is_supervisor);
        EXPECT_EQ(of_s.at(0).behaviour, "supervisor");
        EXPECT_EQ(of_d.at(0).behaviour, "dynamic_supervisor");
        co_await stop(s.whereis());
        co_await stop(d.whereis());
    });
}

TEST(supervisor, reports_an_unexpected_message_and_goes_on) {
    const auto reports = reports_of<text_report>([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")), {.name = "top"});
        const dynamic_supervisor d = co_await started_dynamic({.name = "dyn"});
        send("top", 42);
        co_await settle();
        send("dyn", 43);
        co_await settle();
        EXPECT_EQ(co_await shown(s), "a:alive");
        EXPECT_EQ((co_await d.count_children()).specs, 0U);
        co_await stop(s.whereis());
        co_await stop(d.whereis());
    });
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_TRUE(reports[0].text.starts_with("Supervisor top received unexpected message: "))
        << reports[0].text;
    EXPECT_TRUE(reports[1].text.starts_with("Supervisor dyn received unexpected message: "))
        << reports[1].text;
}

}  // namespace
}  // namespace coppice
