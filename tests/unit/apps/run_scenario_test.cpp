// SPDX-License-Identifier: Apache-2.0
// Runs of scenarios beyond the recorded ones: long scenarios, endless scenarios,
// and errors found only by a run.

#include <gtest/gtest.h>

#include <string>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"
#include "support/sanitizers.hpp"

namespace coppice::cli {
namespace {

scenario given(const std::string& root, const std::string& steps) {
    return read_scenario(R"({"version": 1, "root": {"id": "r", "kind": "supervisor", )" + root +
                         R"(}, "steps": [)" + steps + "]}")
        .value();
}

constexpr const char* worker = R"({"id": "w", "kind": "worker"})";

TEST(run_scenario, of_sixty_virtual_minutes_takes_a_bounded_number_of_turns) {
    const scenario hour = given(
        R"("max_restarts": 100000, "children": [{"id": "bomb", "kind": "worker", "crash_after_ms": 1000}])",
        R"({"do": "advance", "ms": 3600000})");
    const run_result result = run_scenario(hour).value();
    EXPECT_EQ(result.lines[1]["events"].size(), 3600U * 3);
    EXPECT_NE(result.tree.find("└─ bomb <0."), std::string::npos) << result.tree;
    EXPECT_LT(result.turns, 3600U * 10);
    EXPECT_GE(result.turns, 3600U * 2);
}

TEST(run_scenario, of_an_hour_in_which_nothing_happens_takes_no_more_turns_than_of_a_millisecond) {
    const std::string quiet = R"("children": [)" + std::string{worker} + "]";
    const auto turns_in = [&](const std::string& ms) {
        return run_scenario(given(quiet, R"({"do": "advance", "ms": )" + ms + "}")).value().turns;
    };
    EXPECT_EQ(turns_in("3600000"), turns_in("1"));
}

/// The scenario completes with as many turns as needed, and fails with one turn less.
void expect_exact_limit(const scenario& ran) {
    const run_result whole = run_scenario(ran).value();
    ASSERT_GT(whole.turns, 0U);
    const auto enough = run_scenario(ran, whole.turns);
    ASSERT_TRUE(enough.has_value());
    EXPECT_EQ(enough->lines, whole.lines);
    const auto too_few = run_scenario(ran, whole.turns - 1);
    ASSERT_FALSE(too_few.has_value());
    EXPECT_NE(too_few.error().problem.find("has not come to rest after"), std::string::npos);
}

TEST(run_scenario, is_given_up_at_exactly_its_limit_of_turns) {
    expect_exact_limit(given(R"("children": [)" + std::string{worker} + "]",
                             R"({"do": "crash", "target": "r/w", "message": "m"})"));
    expect_exact_limit(read_scenario(R"({"version": 1, "kind": "processes", "steps": [
            {"do": "spawn", "by": "p0", "id": "p1", "link": true, "monitor": false, "trap_exit": false},
            {"do": "exit", "by": "p1", "reason": "x"}]})")
                           .value());
}

/// Everything cut off by the limit is taken down in order; sanitizers check the order.
TEST(run_scenario, is_given_up_cleanly_at_any_limit) {
    const scenario ran = given(
        R"("strategy": "one_for_all", "max_restarts": 5, "children": [
            {"id": "d", "kind": "dynamic_supervisor"},
            {"id": "s", "kind": "supervisor", "children": [
                {"id": "slow", "kind": "worker", "trap_exit": true, "on_shutdown": "linger:50"}]},
            {"id": "w", "kind": "worker", "crash_after_ms": 10}])",
        R"({"do": "start_child", "target": "r/d", "child": {"id": "x", "kind": "worker"}},
           {"do": "advance", "ms": 100})");
    const std::uint64_t most = run_scenario(ran).value().turns;
    for (std::uint64_t turns = 0; turns < most; ++turns) {
        EXPECT_FALSE(run_scenario(ran, turns).has_value()) << turns;
    }
}

TEST(run_scenario, is_refused_at_the_step_that_never_becomes_idle) {
    const auto refused = [](const std::string& child, const std::string& step) {
        const auto got =
            run_scenario(given(R"("max_restarts": 2147483647, "children": [)" + child + "]",
                               R"({"do": "count_children", "target": "r"}, )" + step),
                         10'000);
        return got ? "ran" : got.error().place;
    };
    EXPECT_EQ(refused(R"({"id": "w", "kind": "worker", "init": ["ok", "error:x"]})",
                      R"({"do": "crash", "target": "r/w", "message": "m"})"),
              "$.steps[1]");
    EXPECT_EQ(refused(R"({"id": "w", "kind": "worker", "init": ["ok", "crash:x"]})",
                      R"({"do": "exit", "target": "r/w", "reason": "kill"})"),
              "$.steps[1]");
    EXPECT_EQ(refused(R"({"id": "w", "kind": "worker", "crash_after_ms": 0})",
                      R"({"do": "advance", "ms": 0})"),
              "$.steps[1]");
    EXPECT_EQ(refused(R"({"id": "w", "kind": "worker", "crash_after_ms": 1})",
                      R"({"do": "advance", "ms": 1000000000})"),
              "$.steps[1]");
}

TEST(run_scenario, is_refused_at_the_step_that_exceeds_the_range_of_the_clock) {
    std::string steps;
    for (int i = 0; i < 9300; ++i) {
        steps += std::string{i == 0 ? "" : ","} + R"({"do": "advance", "ms": 1000000000})";
    }
    const auto got = run_scenario(given(R"("children": [)" + std::string{worker} + "]", steps));
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().place, "$.steps[9145]");  // 290 years are 9,145,440 times 10^6 seconds
    EXPECT_NE(got.error().problem.find("virtual clock"), std::string::npos);
}

TEST(run_scenario, gives_each_line_to_a_sink_and_keeps_none) {
    const scenario ran = given(R"("children": [)" + std::string{worker} + "]",
                               R"({"do": "crash", "target": "r/w", "message": "m"})");
    trace lines;
    const auto got = run_scenario(ran, [&](const trace_line& line) { lines.push_back(line); });
    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(got->lines.empty());
    EXPECT_EQ(lines, run_scenario(ran).value().lines);
    EXPECT_EQ(timeline(ran, lines[0]) + timeline(ran, lines[1]) + timeline(ran, lines[2]),
              timeline(ran, lines));
}

/// Ids of maximum length, nested, so that an event is large.
TEST(run_scenario, is_refused_at_a_step_with_more_than_512_mib_of_events) {
    if (test::under_asan || test::under_tsan) {
        GTEST_SKIP() << "half a GiB of events takes a sanitizer over a minute";
    }
    std::string tree = R"({"id": "w", "kind": "worker", "crash_after_ms": 1})";
    for (int depth = 0; depth < 60; ++depth) {
        tree = R"({"id": ")" + std::string(1000, 'x') +
               R"(", "kind": "supervisor", "max_restarts": 1000000, "children": [)" + tree + "]}";
    }
    const auto got =
        run_scenario(given(R"("children": [)" + tree + "]", R"({"do": "advance", "ms": 100000})"));
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().place, "$.steps[0]");
    EXPECT_NE(got.error().problem.find("512 MiB"), std::string::npos) << got.error().problem;
}

TEST(run_scenario, of_a_root_that_does_not_start_answers_noproc_to_every_step) {
    const run_result result =
        run_scenario(
            given(R"("children": [{"id": "w", "kind": "worker", "init": ["error:x"]}])",
                  R"({"do": "advance", "ms": 1}, {"do": "count_children", "target": "r"})"))
            .value();
    ASSERT_EQ(result.lines.size(), 3U);
    EXPECT_EQ(result.lines[0]["result"], "error:failed_to_start_child(w,x)");
    EXPECT_EQ(result.lines[1]["result"], "error:noproc");
    EXPECT_EQ(result.lines[2]["result"], "error:noproc");
    EXPECT_EQ(result.tree, "");
}

TEST(run_scenario, lets_time_pass_after_the_root_has_ended) {
    const run_result result =
        run_scenario(given(R"("children": [])", R"({"do": "exit", "target": "r", "reason": "kill"},
                                                   {"do": "advance", "ms": 1})"))
            .value();
    ASSERT_EQ(result.lines.size(), 3U);
    EXPECT_EQ(result.lines[2]["result"], "ok");
}

std::string start_twice_below_d() {
    const std::string step =
        R"({"do": "start_child", "target": "r/d", "child": )" + std::string{worker} + "}";
    return step + "," + step;
}

constexpr const char* replace_d = R"(
    {"do": "terminate_child", "target": "r", "id": "d"}, {"do": "delete_child", "target": "r", "id": "d"},
    {"do": "start_child", "target": "r", "child": )";

TEST(run_scenario, refuses_a_repeated_id_under_a_supervisor_replaced_by_a_dynamic_one) {
    const auto got = run_scenario(
        given(R"("children": [{"id": "d", "kind": "supervisor", "children": []}])",
              std::string{replace_d} + R"({"id": "d", "kind": "dynamic_supervisor"}},)" +
                  start_twice_below_d()));
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().place, "$.steps[4].child.id");
    EXPECT_NE(got.error().problem.find("an id of its own"), std::string::npos);
}

TEST(run_scenario, answers_already_started_under_a_dynamic_supervisor_replaced_by_a_static_one) {
    const run_result got =
        run_scenario(given(R"("children": [{"id": "d", "kind": "dynamic_supervisor"}])",
                           std::string{replace_d} +
                               R"({"id": "d", "kind": "supervisor", "children": []}},)" +
                               start_twice_below_d()))
            .value();
    EXPECT_EQ(got.lines[4]["result"], "ok");
    EXPECT_EQ(got.lines[5]["result"], "error:already_started");
}

TEST(run_scenario,
     tells_waiting_children_of_dynamic_supervisors_from_static_ones_called_undefined) {
    const run_result got =
        run_scenario(
            given(
                R"("children": [{"id": "undefined", "kind": "worker"}, {"id": "z", "kind": "worker"}])",
                R"({"do": "terminate_child", "target": "r", "id": "undefined"},
                              {"do": "which_children", "target": "r"})"))
            .value();
    EXPECT_EQ(got.lines[2]["result"].dump(),
              R"([{"id":"undefined","state":"undefined","type":"worker"},)"
              R"({"id":"z","state":"alive","type":"worker"}])");
}

TEST(run_scenario, draws_ids_without_bytes_that_a_terminal_obeys) {
    const scenario red =
        given(R"("children": [{"id": "\u001b[31m\n", "kind": "worker"}])",
              R"({"do": "crash", "target": "r/\u001b[31m\n", "message": "\u001b[2J"})");
    const run_result got = run_scenario(red).value();
    EXPECT_NE(got.tree.find("└─ \\x1B[31m\\x0A <0."), std::string::npos) << got.tree;
    const std::string shown = timeline(red, got.lines);
    EXPECT_NE(shown.find("r/\\x1B[31m\\x0A #1 ended: crash:\\x1B[2J\n"), std::string::npos)
        << shown;
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace coppice::cli
