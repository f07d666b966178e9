// SPDX-License-Identifier: Apache-2.0
// The comparison of traces reports every relevant difference, and no other.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

scenario given(const std::string& children, const std::string& steps = "") {
    return read_scenario(
               R"({"version": 1, "root": {"id": "r", "kind": "supervisor", "children": [)" +
               children + R"(]}, "steps": [)" + steps + "]}")
        .value();
}

json start(const std::string& path, int n = 1) {
    return {{"event", "start"}, {"path", path}, {"n", n}, {"outcome", "ok"}};
}

json exit(const std::string& path, const std::string& reason, int n = 1) {
    return {{"event", "exit"}, {"path", path}, {"n", n}, {"reason", reason}};
}

json line(int step, const std::vector<json>& events, const std::string& result = "ok") {
    return {{"step", step}, {"do", "something"}, {"result", result}, {"events", events}};
}

/// Whether the order of the last two events of the last line matters.
bool order_counts(const scenario& ran, const trace& lines) {
    trace swapped = lines;
    json& last = swapped.back()["events"];
    std::swap(last[last.size() - 1], last[last.size() - 2]);
    EXPECT_EQ(difference(ran, lines, lines), "");
    EXPECT_EQ(difference(ran, swapped, swapped), "");
    const bool counts = !difference(ran, lines, swapped).empty();
    EXPECT_EQ(!difference(ran, swapped, lines).empty(), counts);
    return counts;
}

constexpr const char* two_workers =
    R"({"id": "a", "kind": "worker"}, {"id": "b", "kind": "worker"})";

std::string two_below(const std::string& id) {
    return R"({"id": ")" + id + R"(", "kind": "supervisor", "children": [)" + two_workers + "]}";
}

std::string start_step(const std::string& target, const std::string& child) {
    return R"({"do": "start_child", "target": ")" + target + R"(", "child": )" + child + "}";
}

std::string dynamic(const std::string& id) {
    return R"({"id": ")" + id + R"(", "kind": "dynamic_supervisor"})";
}

std::string delete_step(const std::string& id) {
    return R"({"do": "terminate_child", "target": "r", "id": ")" + id +
           R"("}, {"do": "delete_child", "target": "r", "id": ")" + id + R"("})";
}

TEST(trace_difference, sees_an_event_that_is_missing_changed_or_out_of_order) {
    const scenario ran = given(two_workers);
    const trace right = run_scenario(ran).value().lines;
    EXPECT_EQ(difference(ran, right, right), "");
    trace changed = right;
    changed[0]["events"][1]["n"] = 2;
    EXPECT_NE(difference(ran, right, changed), "");
    trace missing = right;
    missing[0]["events"].erase(1);
    EXPECT_NE(difference(ran, right, missing), "");
    trace swapped = right;
    std::swap(swapped[0]["events"][1], swapped[0]["events"][2]);
    EXPECT_NE(difference(ran, right, swapped), "");
    trace shorter = right;
    shorter.pop_back();
    EXPECT_NE(difference(ran, right, shorter), "");
    trace other = right;
    other[0]["result"] = "ignore";
    EXPECT_NE(difference(ran, right, other), "");
}

TEST(trace_difference, leaves_open_the_order_below_a_dynamic_supervisor_and_no_other) {
    const scenario ran =
        given(dynamic("d") + "," + two_below("s"),
              start_step("r/d", two_below("x")) + "," + start_step("r/d", dynamic("y")));
    const json begin =
        line(0, {start("r"), start("r/d"), start("r/s"), start("r/s/a"), start("r/s/b")});
    EXPECT_TRUE(order_counts(ran, {begin}));
    EXPECT_FALSE(
        order_counts(ran, {begin, line(1, {start("r/d/x"), start("r/d/x/a"), start("r/d/x/b")})}));
    EXPECT_TRUE(order_counts(ran, {begin, line(1, {exit("r/s/a", "x"), exit("r/s/b", "x")})}));
    EXPECT_TRUE(order_counts(ran, {begin, line(1, {exit("r/s/a", "x"), exit("r/d", "x")})}));
}

TEST(trace_difference, knows_that_a_path_becomes_a_dynamic_supervisor_s) {
    const scenario ran =
        given(two_below("d"), delete_step("d") + "," + start_step("r", dynamic("d")) + "," +
                                  start_step("r/d", two_below("x")));
    trace lines{line(0, {start("r"), start("r/d"), start("r/d/a"), start("r/d/b")})};
    EXPECT_TRUE(order_counts(ran, lines));
    lines.push_back(line(1, {exit("r/d/b", "shutdown"), exit("r/d/a", "shutdown")}));
    EXPECT_TRUE(order_counts(ran, lines));
    lines.push_back(line(2, {exit("r/d", "shutdown")}));
    lines.push_back(line(3, {start("r/d", 2)}));
    lines.push_back(line(4, {start("r/d/x"), start("r/d/x/a"), start("r/d/x/b")}));
    EXPECT_FALSE(order_counts(ran, lines));
}

TEST(trace_difference, knows_that_a_path_ceases_to_be_a_dynamic_supervisor_s) {
    const scenario ran =
        given(dynamic("d"), start_step("r/d", two_below("x")) + "," + delete_step("d") + "," +
                                start_step("r", two_below("d")));
    const trace begin{line(0, {start("r"), start("r/d")}),
                      line(1, {start("r/d/x"), start("r/d/x/a"), start("r/d/x/b")})};
    EXPECT_FALSE(order_counts(ran, begin));
    trace lines = begin;
    lines.push_back(line(2, {exit("r/d/x/b", "shutdown"), exit("r/d/x/a", "shutdown")}));
    EXPECT_FALSE(order_counts(ran, lines));
    lines.push_back(line(3, {}));
    lines.push_back(line(4, {start("r/d", 2), start("r/d/a"), start("r/d/b")}));
    EXPECT_TRUE(order_counts(ran, lines));
    // A refused start changes nothing.
    lines.back()["result"] = "error:already_present";
    lines.back()["events"] = {start("r/d", 2), start("r/d/x", 2), start("r/d/x/a", 2)};
    EXPECT_FALSE(order_counts(ran, lines));
}

TEST(trace_difference, knows_that_a_restart_brings_back_the_first_children) {
    const scenario ran =
        given(R"({"id": "s", "kind": "supervisor", "children": [)" + dynamic("d") + "]}",
              delete_step("x") + "," + start_step("r/s", two_below("d")) + "," +
                  R"({"do": "exit", "target": "r/s", "reason": "x"},)" +
                  start_step("r/s/d", two_below("y")));
    trace lines{line(0, {start("r"), start("r/s"), start("r/s/d")}),
                line(3, {start("r/s/d", 2), start("r/s/d/a"), start("r/s/d/b")})};
    EXPECT_TRUE(order_counts(ran, lines));
    // Within one line: the children of the old supervisor are in order, the children of the new one in none.
    lines.push_back(line(4, {exit("r/s/d/b", "shutdown"), exit("r/s/d/a", "shutdown")}));
    EXPECT_TRUE(order_counts(ran, lines));
    lines.back()["events"].push_back(start("r/s", 2));
    lines.back()["events"].push_back(start("r/s/d", 3));
    EXPECT_TRUE(order_counts(ran, lines));
    lines.push_back(line(5, {start("r/s/d/y"), start("r/s/d/y/a"), start("r/s/d/y/b")}));
    EXPECT_FALSE(order_counts(ran, lines));
}

TEST(trace_difference, leaves_open_the_order_of_ends_below_a_killed_supervisor) {
    const scenario ran = given(two_below("s"));
    const json begin = line(0, {start("r"), start("r/s"), start("r/s/a"), start("r/s/b")});
    const json ends =
        line(1, {exit("r/s", "killed"), exit("r/s/a", "killed"), exit("r/s/b", "killed")});
    EXPECT_FALSE(order_counts(ran, {begin, ends}));
    json other_end = ends;
    other_end["events"][0]["reason"] = "shutdown";
    EXPECT_TRUE(order_counts(ran, {begin, other_end}));
    json starts = ends;
    starts["events"] = {exit("r/s", "killed"), start("r/s", 2), start("r/s/a", 2),
                        start("r/s/b", 2)};
    EXPECT_TRUE(order_counts(ran, {begin, starts}));
    EXPECT_TRUE(
        order_counts(ran, {begin, ends, line(2, {exit("r/s/a", "x"), exit("r/s/b", "x")})}));
}

TEST(trace_difference, leaves_open_the_order_among_processes) {
    const scenario ran =
        read_scenario(R"({"version": 1, "kind": "processes", "steps": []})").value();
    const json heard = {{"process", "p1"}, {"event", "message"}, {"text", "x"}};
    const json died = {{"process", "p1"}, {"event", "died"}, {"reason", "x"}};
    EXPECT_FALSE(order_counts(ran, {line(1, {heard, died})}));
    EXPECT_NE(difference(ran, {line(1, {heard, died})}, {line(1, {heard, heard})}), "");
}

}  // namespace
}  // namespace coppice::cli
