// SPDX-License-Identifier: Apache-2.0
// tests/sim/random_trees_sim.cpp checks in random trees that supervisors do as explained.

#include "coppice/explain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/kids.hpp"
#include "support/worlds.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

/// "stop b, start a" …
std::string in_short(const explanation& told) {
    std::string out;
    for (const planned_action& each : told.actions) {
        out += out.empty() ? "" : ", ";
        out += std::string{to_string(each.kind)} + (each.child.empty() ? "" : " " + each.child);
    }
    return out;
}

supervisor_flags by(restart_strategy strategy, int max_restarts = 3) {
    return {.strategy = strategy, .max_restarts = max_restarts};
}

task<pid> process_of(pid supervisor_pid, std::string id) {
    const std::vector<child_info> all = co_await supervisor{supervisor_pid}.which_children();
    for (const child_info& each : all) {
        if (each.id == id) {
            co_return each.process;
        }
    }
    co_return pid{};
}

task<pid> start_three(supervisor_flags flags, child_spec middle) {
    auto starting = supervisor::start_link(children(obedient("a"), middle, obedient("c")), flags);
    const auto started = co_await starting;
    co_return started.process();
}

/// The plan of a supervisor with three children for the end of the middle child.
task<std::string> about_the_middle(supervisor_flags flags, child_spec middle, exit_reason why) {
    const pid top = co_await start_three(flags, middle);
    const pid ended = co_await process_of(top, "b");
    const std::vector<explanation> told = co_await explain(ended, why);
    EXPECT_EQ(told.size(), 1U);
    co_await stop(top);
    co_return told.empty() ? std::string{} : in_short(told[0]);
}

TEST(an_explanation, says_which_siblings_stop_and_start_in_which_order) {
    run_everywhere([]() -> task<> {
        std::string told = co_await about_the_middle(by(one_for_one), obedient("b"), "crash");
        EXPECT_EQ(told, "reports child_terminated b, starts b");
        told = co_await about_the_middle(by(rest_for_one), obedient("b"), "crash");
        EXPECT_EQ(told, "reports child_terminated b, stops c, starts b, starts c");
        told = co_await about_the_middle(by(one_for_all), obedient("b"), "crash");
        EXPECT_EQ(told,
                  "reports child_terminated b, stops c, stops a, starts a, starts b, starts c");
    });
}

TEST(an_explanation, goes_by_restart_type_and_reason) {
    run_everywhere([]() -> task<> {
        child_spec middle = obedient("b").restart(transient);
        std::string told = co_await about_the_middle(by(one_for_all), middle, reason::normal);
        EXPECT_EQ(told, "");
        told = co_await about_the_middle(by(one_for_one), middle, "crash");
        EXPECT_EQ(told, "reports child_terminated b, starts b");
        middle = obedient("b").restart(temporary);
        told = co_await about_the_middle(by(one_for_all), middle, reason::normal);
        EXPECT_EQ(told, "forgets b");
        told = co_await about_the_middle(by(one_for_all), middle, "crash");
        EXPECT_EQ(told, "reports child_terminated b, forgets b");
    });
}

TEST(an_explanation, changes_nothing) {
    run_everywhere([]() -> task<> {
        const pid top = co_await start_three(by(one_for_all, 1), obedient("b"));
        const pid middle = co_await process_of(top, "b");
        for (int i = 0; i < 5; ++i) {
            const std::vector<explanation> told = co_await explain(middle, "crash");
            EXPECT_EQ(told.size(), 1U);
            EXPECT_EQ(told[0].restarts, 1);
            EXPECT_TRUE(told[0].restarted);
        }
        const pid still = co_await process_of(top, "b");
        EXPECT_EQ(still, middle);
        co_await stop(top);
    });
}

TEST(an_explanation, counts_the_restarts_of_the_window_on_both_sides_of_its_limit) {
    run_simulated([]() -> task<> {
        const pid top = co_await start_three(by(one_for_one, 2), obedient("b"));
        for (int i = 1; i <= 2; ++i) {
            const pid middle = co_await process_of(top, "b");
            const std::vector<explanation> told = co_await explain(middle, "crash");
            EXPECT_EQ(told[0].restarts, i);
            EXPECT_FALSE(told[0].shuts_down);
            exit(middle, reason::kill);
            co_await sleep(1s);
        }
        const pid middle = co_await process_of(top, "b");
        const std::vector<explanation> one_too_many = co_await explain(middle, "crash");
        EXPECT_EQ(one_too_many[0].restarts, 3);
        EXPECT_EQ(in_short(one_too_many[0]),
                  "reports child_terminated b, gives up over b, shuts down, stops c, stops a");
        co_await sleep(3s);  // the first restart is five seconds old
        const std::vector<explanation> still = co_await explain(middle, "crash");
        EXPECT_EQ(still[0].restarts, 3);
        co_await sleep(1s);
        const std::vector<explanation> later = co_await explain(middle, "crash");
        EXPECT_EQ(later[0].restarts, 2);
        EXPECT_TRUE(later[0].restarted);
        co_await stop(top);
    });
}

TEST(an_explanation, follows_a_shutdown_upwards) {
    run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(
            children(obedient("first"),
                     child_supervisor("below", children(obedient("a")), by(one_for_one, 0))),
            by(rest_for_one));
        const auto started = co_await starting;
        const pid below = co_await process_of(started.process(), "below");
        const pid ended = co_await process_of(below, "a");
        const std::vector<explanation> told = co_await explain(ended, "crash");
        EXPECT_EQ(told.size(), 2U);
        EXPECT_TRUE(told[0].shuts_down);
        EXPECT_EQ(told[1].process, below);
        EXPECT_EQ(told[1].why, reason::shutdown);
        EXPECT_EQ(told[1].supervisor, started.process());
        EXPECT_EQ(in_short(told[1]), "reports child_terminated below, starts below");
        co_await stop(started.process());
    });
}

TEST(an_explanation, of_a_significant_child_shuts_down_without_a_restart) {
    run_everywhere([]() -> task<> {
        const child_spec last = obedient("b").restart(transient).significant(true);
        supervisor_flags flags = by(one_for_one);
        flags.auto_shutdown = auto_shutdown_mode::any_significant;
        const std::string told = co_await about_the_middle(flags, last, reason::normal);
        EXPECT_EQ(told, "shuts down, stops c, stops a");
    });
}

TEST(an_explanation, of_a_dynamic_child_tells_its_removal_or_the_shutdown) {
    run_everywhere([]() -> task<> {
        auto starting = dynamic_supervisor::start_link({.max_restarts = 0});
        const auto started = co_await starting;
        const dynamic_supervisor many{started.process()};
        const child_spec keeps = obedient("keeps").restart(temporary);
        const child_spec comes_back = obedient("comes_back");
        const child_result first = co_await many.start_child(keeps);
        const child_result second = co_await many.start_child(comes_back);
        std::vector<explanation> told = co_await explain(first.process(), "crash");
        EXPECT_EQ(in_short(told[0]), "reports child_terminated keeps, forgets keeps");
        EXPECT_EQ(told[0].strategy, "dynamic");
        told = co_await explain(second.process(), "crash");
        EXPECT_EQ(in_short(told[0]),
                  "reports child_terminated comes_back, gives up over comes_back, shuts down, "
                  "stops keeps");
        co_await stop(started.process());
    });
}

TEST(an_explanation, of_a_dynamic_child_counts_restarts_on_both_sides_of_the_limit) {
    run_simulated([]() -> task<> {
        auto starting = dynamic_supervisor::start_link({.max_restarts = 1});
        const auto started = co_await starting;
        const dynamic_supervisor many{started.process()};
        const child_spec spec = obedient("a");
        const child_result first = co_await many.start_child(spec);
        std::vector<explanation> told = co_await explain(first.process(), "crash");
        EXPECT_EQ(in_short(told[0]), "reports child_terminated a, starts a");
        EXPECT_EQ(told[0].restarts, 1);
        exit(first.process(), reason::kill);
        co_await sleep(1s);
        const std::vector<child_info> all = co_await many.which_children();
        told = co_await explain(all[0].process, "crash");
        EXPECT_EQ(in_short(told[0]), "reports child_terminated a, gives up over a, shuts down");
        EXPECT_EQ(told[0].restarts, 2);
        co_await stop(started.process());
    });
}

TEST(an_explanation, of_a_dynamic_child_stops_no_sibling_that_waits_for_its_restart) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        auto starting = dynamic_supervisor::start_link({.max_restarts = 10});
        const auto started = co_await starting;
        const dynamic_supervisor many{started.process()};
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const child_spec waits = scripted("waits", plot);
        const child_spec lives = obedient("lives");
        const child_spec ends = obedient("ends");
        const child_result waiting = co_await many.start_child(waits);
        co_await many.start_child(lives);
        const child_result ending = co_await many.start_child(ends);
        plot->init_takes = 1ms;
        exit(waiting.process(), "crash");
        co_await sleep(9500us);  // the tenth restart is under way, and fails
        const std::vector<explanation> told = co_await explain(ending.process(), "crash");
        EXPECT_EQ(in_short(told[0]),
                  "reports child_terminated ends, gives up over ends, shuts down, stops lives");
        co_await receive<exit_message>();
    });
}

TEST(an_explanation, names_the_processes_of_children_that_have_one) {
    run_everywhere([]() -> task<> {
        const pid top = co_await start_three(by(rest_for_one), obedient("b"));
        const pid middle = co_await process_of(top, "b");
        co_await supervisor{top}.terminate_child("c");
        const std::vector<explanation> told = co_await explain(middle, "crash");
        EXPECT_EQ(in_short(told[0]), "reports child_terminated b, starts b, starts c");
        EXPECT_EQ(told[0].actions.back().child, "c");
        EXPECT_FALSE(told[0].actions.back().process);
        co_await stop(top);
    });
}

TEST(an_explanation, is_empty_for_a_process_that_no_supervisor_knows) {
    run_everywhere([]() -> task<> {
        const std::vector<explanation> of_me = co_await explain(self(), "crash");
        EXPECT_TRUE(of_me.empty());
        const std::vector<explanation> of_no_process = co_await explain(pid{}, "crash");
        EXPECT_TRUE(of_no_process.empty());
        const std::vector<explanation>& none = of_no_process;
        EXPECT_EQ(to_text(none), "no supervisor would be notified\n");
    });
}

/// A child whose start takes `time`.
child_spec starting_for(std::chrono::nanoseconds time) {
    kid::manners how;
    how.init_takes = time;
    return child<kid>(how).id("slow_to_start");
}

TEST(an_explanation, of_a_supervisor_that_is_busy_says_so_in_time) {
    run_simulated([]() -> task<> {
        const pid top = co_await start_three(by(one_for_one), obedient("b"));
        const pid middle = co_await process_of(top, "b");
        spawn([top]() -> task<> {
            const child_spec slow_one = starting_for(1min);
            co_await supervisor{top}.start_child(slow_one);
        });
        co_await sleep(1s);
        const std::vector<explanation> told = co_await explain(middle, "crash", 2s);
        EXPECT_EQ(told.size(), 1U);
        EXPECT_TRUE(told[0].busy);
        EXPECT_EQ(told[0].supervisor, top);
        EXPECT_NE(to_text(told).find("does not answer"), std::string::npos);
        co_await sleep(2min);
        co_await stop(top);
    });
}

TEST(an_explanation, has_a_human_readable_text) {
    run_simulated([]() -> task<> {
        supervisor_flags flags = by(rest_for_one);
        flags.name = "top";
        const pid top = co_await start_three(flags, obedient("b"));
        const pid middle = co_await process_of(top, "b");
        const pid last = co_await process_of(top, "c");
        const std::vector<explanation> told = co_await explain(middle, "crash");
        EXPECT_EQ(to_text(told), "if b " + to_string(middle) + " ended with crash, top " +
                                     to_string(top) +
                                     " (rest_for_one, 1 of 3 restarts in 5 s)\n"
                                     "  reports child_terminated b\n"
                                     "  stops c " +
                                     to_string(last) +
                                     "\n"
                                     "  starts b\n"
                                     "  starts c\n");
        co_await stop(top);
    });
}

}  // namespace
}  // namespace coppice::test
