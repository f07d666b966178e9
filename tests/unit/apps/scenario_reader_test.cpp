// SPDX-License-Identifier: Apache-2.0
// What the scenario reader refuses, and what it says about it.

#include "simulate/reader.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "commands/simulate.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

struct malformed {
    const char* name;
    std::string text;
    const char* place;   ///< Part of the place that has to be named.
    const char* remedy;  ///< Part of what has to be said.
};

std::string tree(const std::string& children, const std::string& more = "") {
    return R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": [)" + children +
           "]" + more + R"(}, "steps": []})";
}

std::string worker(const std::string& more) {
    return tree(R"({"id": "w", "kind": "worker")" + more + "}");
}

std::string steps(const std::string& list) {
    return R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": [)"
           R"({"id": "d", "kind": "dynamic_supervisor"}]}, "steps": [)" +
           list + "]}";
}

std::string actors(const std::string& list) {
    return R"({"version": 1, "kind": "processes", "steps": [)" + list + "]}";
}

std::string nested(int depth) {
    std::string out = R"({"version": 1, "root": )";
    for (int i = 0; i < depth; ++i) {
        out += R"({"id": "s", "kind": "supervisor", "children": [)";
    }
    for (int i = 0; i < depth; ++i) {
        out += "]}";
    }
    return out + R"(, "steps": []})";
}

class bad_scenario : public ::testing::TestWithParam<malformed> {};

TEST_P(bad_scenario, is_refused_with_its_place_and_the_remedy) {
    const auto& row = GetParam();
    const auto read = read_scenario(row.text);
    ASSERT_FALSE(read.has_value());
    EXPECT_NE(read.error().place.find(row.place), std::string::npos) << to_string(read.error());
    EXPECT_NE(read.error().problem.find(row.remedy), std::string::npos) << to_string(read.error());
}

const std::string minimal_worker = R"({"id": "w", "kind": "worker"})";

INSTANTIATE_TEST_SUITE_P(
    kinds, bad_scenario,
    ::testing::Values(
        malformed{"empty", "", "line 1", "the file is empty"},
        malformed{"blank", " \n\t ", "line 1", "the file is empty"},
        malformed{"not_json", "hello", "line 1, column 1", "not JSON"},
        malformed{"cut_off", "{\"version\": 1,\n \"root\"", "line 2", "not JSON"},
        malformed{"trailing_data", tree("") + " x", "line 1", "not JSON"},
        malformed{"trailing_comma", R"({"version": 1,})", "line 1", "not JSON"},
        malformed{"not_utf8", "{\"version\": 1, \"\xFF\": 2}", "line 1", "not JSON"},
        malformed{"list", "[]", "$", "has to be an object"},
        malformed{"number", "7", "$", "has to be an object"},
        malformed{"key_twice", R"({"version": 1, "version": 1})", "version", "written twice"},
        malformed{"too_deep", nested(200), "nesting", "flatter"},
        malformed{"no_version", R"({"root": {}, "steps": []})", "$", "\"version\" is missing"},
        malformed{"other_version", R"({"version": 2, "root": {}, "steps": []})", "$.version",
                  "write 1"},
        malformed{"text_version", R"({"version": "1", "root": {}, "steps": []})", "$.version",
                  "whole number"},
        malformed{"unknown_kind", R"({"version": 1, "kind": "tree", "steps": []})", "$.kind",
                  "supervision"},
        malformed{"unknown_key", R"({"version": 1, "rot": {}, "steps": []})", "$",
                  "did you mean \"root\""},
        malformed{"no_root", R"({"version": 1, "steps": []})", "$", "\"root\" is missing"},
        malformed{"no_steps",
                  R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": []}})",
                  "$", "\"steps\" is missing"},
        malformed{"root_worker",
                  R"({"version": 1, "root": {"id": "r", "kind": "worker"}, "steps": []})",
                  "$.root.kind", "has to be a \"supervisor\""},
        malformed{
            "root_as_child",
            R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": [], "restart": "transient"}, "steps": []})",
            "$.root", "unknown key \"restart\""},
        malformed{"no_children",
                  R"({"version": 1, "root": {"id": "r", "kind": "supervisor"}, "steps": []})",
                  "$.root", "\"children\" is missing"},
        malformed{
            "children_object",
            R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": {}}, "steps": []})",
            "$.root.children", "has to be a list"},
        malformed{"child_is_text", tree("\"w\""), "$.root.children[0]", "has to be an object"},
        malformed{"no_id", tree(R"({"kind": "worker"})"), "$.root.children[0]",
                  "\"id\" is missing"},
        malformed{"empty_id", tree(R"({"id": "", "kind": "worker"})"), "children[0].id",
                  "is empty"},
        malformed{"slash_in_id", tree(R"({"id": "a/b", "kind": "worker"})"), "children[0].id",
                  "another character"},
        malformed{"number_id", tree(R"({"id": 7, "kind": "worker"})"), "children[0].id",
                  "has to be a text"},
        malformed{"id_twice", tree(minimal_worker + "," + minimal_worker), "children[1].id",
                  "its own"},
        malformed{"no_kind", tree(R"({"id": "w"})"), "children[0]", "\"kind\" is missing"},
        malformed{"misspelt_kind", tree(R"({"id": "w", "kind": "workr"})"), "children[0].kind",
                  "did you mean \"worker\""},
        malformed{"misspelt_key", worker(R"(, "restrat": "transient")"), "children[0]",
                  "did you mean \"restart\""},
        malformed{"bad_restart", worker(R"(, "restart": "always")"), "children[0].restart",
                  "\"permanent\""},
        malformed{"bad_shutdown", worker(R"(, "shutdown": "soon")"), "children[0].shutdown",
                  "milliseconds"},
        malformed{"negative_shutdown", worker(R"(, "shutdown": -1)"), "children[0].shutdown",
                  "from 0"},
        malformed{"fraction_shutdown", worker(R"(, "shutdown": 1.5)"), "children[0].shutdown",
                  "milliseconds"},
        malformed{"bad_trap", worker(R"(, "trap_exit": 1)"), "children[0].trap_exit",
                  "true or false"},
        malformed{"bad_init", worker(R"(, "init": ["maybe"])"), "init[0]", "\"error:REASON\""},
        malformed{"bare_error", worker(R"(, "init": ["error"])"), "init[0]", "\"error:REASON\""},
        malformed{"empty_init", worker(R"(, "init": [])"), "children[0].init", "at least one"},
        malformed{"bad_action", worker(R"(, "on_shutdown": "wait")"), "on_shutdown",
                  "\"linger:MS\""},
        malformed{"bad_linger", worker(R"(, "on_shutdown": "linger:long")"), "on_shutdown",
                  "linger:50"},
        malformed{"huge_linger", worker(R"(, "on_shutdown": "linger:99999999999")"), "on_shutdown",
                  "linger:50"},
        malformed{"hang_for_ever", worker(R"(, "on_shutdown": "hang", "shutdown": "infinity")"),
                  "on_shutdown", "would never end"},
        malformed{"huge_time", worker(R"(, "crash_after_ms": 99999999999999999999)"),
                  "crash_after_ms", "whole number"},
        malformed{"significant_permanent",
                  tree(R"({"id": "w", "kind": "worker", "significant": true})",
                       R"(, "auto_shutdown": "any_significant")"),
                  "significant", "\"transient\""},
        malformed{"significant_never", worker(R"(, "restart": "transient", "significant": true)"),
                  "significant", "\"any_significant\""},
        malformed{"bad_strategy", tree("", R"(, "strategy": "simple_one_for_one")"),
                  "$.root.strategy", "\"one_for_one\""},
        malformed{"negative_restarts", tree("", R"(, "max_restarts": -1)"), "$.root.max_restarts",
                  "from 0"},
        malformed{"no_window", tree("", R"(, "max_seconds": 0)"), "$.root.max_seconds", "from 1"},
        malformed{"step_without_do", steps("{}"), "$.steps[0]", "\"do\" is missing"},
        malformed{"unknown_step", steps(R"({"do": "explode"})"), "$.steps[0].do", "\"advance\""},
        malformed{"step_without_target", steps(R"({"do": "exit", "reason": "x"})"), "$.steps[0]",
                  "\"target\" is missing"},
        malformed{"step_without_reason", steps(R"({"do": "exit", "target": "r"})"), "$.steps[0]",
                  "\"reason\" is missing"},
        malformed{"step_key", steps(R"({"do": "advance", "ms": 1, "target": "r"})"), "$.steps[0]",
                  "unknown key \"target\""},
        malformed{"negative_advance", steps(R"({"do": "advance", "ms": -1})"), "$.steps[0].ms",
                  "from 0"},
        malformed{
            "dynamic_id_twice",
            steps(R"({"do": "start_child", "target": "r/d", "child": {"id": "w", "kind": "worker"}},
                           {"do": "start_child", "target": "r/d", "child": {"id": "w", "kind": "worker"}})"),
            "$.steps[1].child.id", "an id of its own"},
        malformed{"step_significant_never", steps(R"({"do": "start_child", "target": "r", "child":
                            {"id": "w", "kind": "worker", "restart": "transient", "significant": true}})"),
                  "$.steps[0].child.significant", "auto_shutdown"},
        malformed{"process_root", R"({"version": 1, "kind": "processes", "root": {}, "steps": []})",
                  "$.root", "remove it"},
        malformed{"process_without_by", actors(R"({"do": "return"})"), "$.steps[0]",
                  "\"by\" is missing"},
        malformed{"spawn_without_link", actors(R"({"do": "spawn", "by": "p0", "id": "p1"})"),
                  "$.steps[0]", "\"link\" is missing"},
        malformed{"spawn_with_slash", actors(R"({"do": "spawn", "by": "p0", "id": "p/1"})"),
                  "$.steps[0].id", "another character"},
        malformed{"demonitor_without_flush",
                  actors(R"({"do": "demonitor", "by": "p0", "ref": "m"})"), "$.steps[0]",
                  "\"flush\" is missing"},
        malformed{"process_seed", R"({"version": 1, "kind": "processes", "seed": 1, "steps": []})",
                  "$.seed", "remove it"},
        malformed{"step_id_is_path", steps(R"({"do": "delete_child", "target": "r", "id": "r/d"})"),
                  "$.steps[0].id", "not its path"},
        malformed{"process_twice", actors(R"({"do": "spawn", "by": "p0", "id": "p0"})"),
                  "$.steps[0].id", "use another"},
        malformed{"ref_twice", actors(R"({"do": "monitor", "by": "p0", "to": "p0", "ref": "m"},
                                         {"do": "monitor", "by": "p0", "to": "p0", "ref": "m"})"),
                  "$.steps[1].ref", "use another"},
        malformed{"process_flag", actors(R"({"do": "trap_exit", "by": "p0", "flag": "on"})"),
                  "$.steps[0].flag", "true or false"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(scenario_reader, accepts_nesting_up_to_its_limit) {
    EXPECT_TRUE(read_scenario(nested(30)).has_value());
}

TEST(simulate, exits_with_two_and_prints_no_trace_for_bad_input) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_command({"simulate", "no such file"}, out, err), 2);
    EXPECT_EQ(run_command({"simulate"}, out, err), 2);
    EXPECT_EQ(run_command({"simulate", "--format", "xml", "f"}, out, err), 2);
    EXPECT_EQ(run_command({"emulate"}, out, err), 2);
    EXPECT_EQ(out.str(), "");
    EXPECT_NE(err.str().find("cannot read no such file"), std::string::npos);
}

// The comparison itself has to be able to fail.

trace bombs_trace() {
    const auto given =
        read_scenario(tree(R"({"id": "a", "kind": "worker"}, {"id": "b", "kind": "worker"})"));
    return run_scenario(*given).lines;
}

TEST(trace_difference, sees_an_event_that_is_missing_changed_or_out_of_order) {
    const auto given =
        read_scenario(tree(R"({"id": "a", "kind": "worker"}, {"id": "b", "kind": "worker"})"));
    const trace right = bombs_trace();
    EXPECT_EQ(difference(*given, right, right), "");
    trace changed = right;
    changed[0]["events"][1]["n"] = 2;
    EXPECT_NE(difference(*given, right, changed), "");
    trace missing = right;
    missing[0]["events"].erase(1);
    EXPECT_NE(difference(*given, right, missing), "");
    trace swapped = right;
    std::swap(swapped[0]["events"][1], swapped[0]["events"][2]);
    EXPECT_NE(difference(*given, right, swapped), "");
    trace shorter = right;
    shorter.pop_back();
    EXPECT_NE(difference(*given, right, shorter), "");
}

TEST(simulate, runs_an_hour_of_virtual_time_and_draws_the_tree) {
    const auto given = read_scenario(
        R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "max_restarts": 100000, "children": [
            {"id": "bomb", "kind": "worker", "crash_after_ms": 1000}]},
            "steps": [{"do": "advance", "ms": 3600000}]})");
    ASSERT_TRUE(given.has_value());
    const run_result result = run_scenario(*given);
    EXPECT_EQ(result.lines[1]["events"].size(), 3600U * 3);
    EXPECT_NE(result.tree.find("└─ bomb <0."), std::string::npos) << result.tree;
}

}  // namespace
}  // namespace coppice::cli
