// SPDX-License-Identifier: Apache-2.0
// The refusals of the scenario reader, and the error texts.

#include "simulate/scenario_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

struct malformed {
    const char* name;
    std::string text;
    const char* place;   ///< Part of the place in the error.
    const char* remedy;  ///< Part of the remedy in the error.
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

std::string lists(int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
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
        malformed{"key_twice", R"({"version": 1, "version": 1})", "line 1, column 16",
                  "\"version\" is written twice"},
        malformed{"key_twice_below", "{\"version\": 1,\n \"x\": [{\"a\": 1,\n\t\"a\": 2}]}",
                  "line 3, column 2", "\"a\" is written twice"},
        malformed{"escaped_key_twice", R"({"a": 1, "\u0061": 2})", "line 1, column 10",
                  "\"a\" is written twice"},
        malformed{"quoted_key_twice", R"({"a\\\"": 1, "a\\\"": 2})", "line 1, column 14",
                  "is written twice"},
        malformed{"key_twice_behind_two_bytes_a_letter", R"({"é": 1, "é": 1})", "line 1, column 10",
                  "is written twice"},
        malformed{"too_deep", "{\"version\": 1,\n\"root\":" + lists(128) + "}",
                  "line 2, column 135", "flatter"},
        malformed{"as_deep_as_it_may_be", "{\"version\": 1, \"rot\": " + lists(127) + "}", "$",
                  "unknown key"},
        malformed{"nul_behind", tree("") + std::string(1, '\0'), "line 1, column 87",
                  "remove the byte"},
        malformed{"nul_and_more_behind", tree("") + std::string("\0junk", 5), "line 1, column 87",
                  "NUL"},
        malformed{"nul_on_a_later_line", tree("") + std::string("\n \0", 3), "line 2, column 2",
                  "NUL"},
        malformed{"nul_within", std::string("{\"version\"\0: 1}", 16), "line 1, column 11", "NUL"},
        malformed{"nul_in_text", std::string("{\"ver\0sion\": 1}", 16), "line 1, column 6", "NUL"},
        malformed{"wrong_before_nul", std::string("{,}\0", 4), "line 1, column 2", "not JSON"},
        malformed{"number_beyond_all", R"({"version": 1e999, "kind": 1})", "line 1, column 17",
                  "1e999"},
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
        malformed{"shrinking_delays", worker(R"(, "backoff": {"first_ms": 1, "factor": 0.5})"),
                  "backoff.factor", "has to be a number from 1.0"},
        malformed{"no_first_delay", worker(R"(, "backoff": {})"), "backoff",
                  "\"first_ms\" is missing"},
        malformed{"first_beyond_longest", worker(R"(, "backoff": {"first_ms": 60001})"), "backoff",
                  "raise maximum_ms"},
        malformed{"too_much_jitter", worker(R"(, "backoff": {"first_ms": 1, "jitter": 2})"),
                  "backoff.jitter", "has to be a number"},
        malformed{"negative_budget", worker(R"(, "budget": {"max_restarts": -1})"),
                  "budget.max_restarts", ""},
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
        malformed{
            "dynamic_id_twice_below_one_of_a_step",
            steps(
                R"({"do": "start_child", "target": "r", "child": {"id": "e", "kind": "dynamic_supervisor"}},
                           {"do": "start_child", "target": "r/e", "child": {"id": "w", "kind": "worker"}},
                           {"do": "start_child", "target": "r/e", "child": {"id": "w", "kind": "worker"}})"),
            "$.steps[2].child.id", "an id of its own"},
        malformed{
            "dynamic_id_twice_within_one_of_a_step",
            steps(
                R"({"do": "start_child", "target": "r/d", "child": {"id": "s", "kind": "supervisor",
                            "children": [{"id": "e", "kind": "dynamic_supervisor"}]}},
                           {"do": "start_child", "target": "r/d/s/e", "child": {"id": "w", "kind": "worker"}},
                           {"do": "start_child", "target": "r/d/s/e", "child": {"id": "w", "kind": "worker"}})"),
            "$.steps[2].child.id", "an id of its own"},
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
        malformed{"process_twice",
                  actors(R"({"do": "spawn", "by": "p0", "id": "p0", "link": false, "monitor": false,
                             "trap_exit": false})"),
                  "$.steps[0].id", "use another"},
        malformed{"ref_twice", actors(R"({"do": "monitor", "by": "p0", "to": "p0", "ref": "m"},
                                         {"do": "monitor", "by": "p0", "to": "p0", "ref": "m"})"),
                  "$.steps[1].ref", "use another"},
        malformed{"ref_of_a_spawn_twice",
                  actors(R"({"do": "monitor_name", "by": "p0", "name": "n", "ref": "p1"},
                            {"do": "spawn", "by": "p0", "id": "p1", "link": false, "monitor": true,
                             "trap_exit": false})"),
                  "$.steps[1].id", "earlier ref"},
        malformed{"process_key", actors(R"({"do": "return", "by": "p0", "reason": "x"})"),
                  "$.steps[0]", "unknown key \"reason\""},
        malformed{"empty_by", actors(R"({"do": "return", "by": ""})"), "$.steps[0].by",
                  "at least one character"},
        malformed{"process_flag", actors(R"({"do": "trap_exit", "by": "p0", "flag": "on"})"),
                  "$.steps[0].flag", "true or false"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(scenario_reader, accepts_nesting_up_to_its_limit) {
    EXPECT_TRUE(read_scenario(nested(30)).has_value());
}

TEST(scenario_reader, accepts_a_repeated_id_under_a_path_that_is_not_always_dynamic) {
    EXPECT_TRUE(read_scenario(steps(R"({"do": "delete_child", "target": "r", "id": "d"},
                 {"do": "start_child", "target": "r", "child": {"id": "d", "kind": "supervisor", "children": []}},
                 {"do": "start_child", "target": "r/d", "child": {"id": "w", "kind": "worker"}},
                 {"do": "start_child", "target": "r/d", "child": {"id": "w", "kind": "worker"}})")));
}

TEST(scenario_reader, takes_blanks_around_a_scenario_and_nothing_else) {
    EXPECT_TRUE(read_scenario("\n\t " + tree("") + "\r\n\n"));
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        EXPECT_EQ(read_scenario(tree("") + c).has_value(), blank) << byte;
    }
}

TEST(scenario_reader, bounds_the_size_on_both_sides) {
    const std::string scenario = tree("");
    EXPECT_TRUE(read_scenario(scenario + std::string(scenario_bytes_max - scenario.size(), ' ')));
    const auto read =
        read_scenario(scenario + std::string(scenario_bytes_max - scenario.size() + 1, ' '));
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(to_string(read.error()),
              "size: is over 16 MiB, more than any scenario needs; split it into several");
}

/// The error text as printed on a terminal.
std::string complaint_about(const std::string& text) {
    const auto read = read_scenario(text);
    return read ? "none" : to_string(read.error());
}

bool is_fit_for_a_terminal(const std::string& text) {
    return printable(text) == text;
}

TEST(scenario_reader, writes_no_byte_of_the_input_that_a_terminal_obeys) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string raw(1, static_cast<char>(byte));
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about(raw + tree("")))) << byte;
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about("{\"" + raw + "\": 1}"))) << byte;
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about(worker(", \"kind\": 1, \"" + raw))));
    }
    // The same bytes, as JSON writes them.
    for (const char* id : {R"(\u0000)", R"(\u001b[2J)", R"(\n)", R"(\u007f)", R"(\u009b)"}) {
        const std::string child = R"({"id": ")" + std::string{id} + R"(", "kind": "worker"})";
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about(tree(child + "," + child)))) << id;
        const std::string key = R"(, ")" + std::string{id} + R"(": 1)";
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about(worker(key)))) << id;
        EXPECT_TRUE(is_fit_for_a_terminal(complaint_about(worker(key + key)))) << id;
    }
    EXPECT_NE(complaint_about(worker(R"(, "\u001b[2J": 1)")).find("\\x1B[2J"), std::string::npos);
}

TEST(scenario_reader, shortens_quoted_input_in_error_messages) {
    const std::string text(100'000, 'x');
    EXPECT_LT(complaint_about(text).size(), 500U);
    EXPECT_LT(complaint_about("[\"" + text).size(), 500U);
    EXPECT_LT(complaint_about("[1" + std::string(100'000, '0') + "e999").size(), 500U);
    EXPECT_LT(complaint_about(worker(", \"" + text + "\": 1")).size(), 500U);
    EXPECT_LT(complaint_about(worker(", \"restart\": \"" + text + "\"")).size(), 500U);
    const std::string child = R"({"id": ")" + text + R"(", "kind": "worker"})";
    EXPECT_LT(complaint_about(tree(child + "," + child)).size(), 500U);
    const std::string process = R"({"do": "spawn", "by": "p0", "id": ")" + text +
                                R"(", "link": false, "monitor": true, "trap_exit": false})";
    EXPECT_LT(complaint_about(actors(process + "," + process)).size(), 500U);
}

TEST(scenario_reader, reads_many_siblings_in_time_that_grows_with_their_number) {
    std::string children;
    for (int i = 0; i < 250'000; ++i) {
        children += (i == 0 ? "" : ",") + std::string{R"({"id":"c)"} + std::to_string(i) +
                    R"(","kind":"worker"})";
    }
    const auto read = read_scenario(tree(children));  // in a minute, the limit of a test
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(std::get<tree_scenario>(*read).root.children.size(), 250'000U);
}

TEST(scenario_reader, takes_texts_of_1024_bytes_and_refuses_longer_ones) {
    const auto with_id = [](std::size_t length) {
        return R"({"id": ")" + std::string(length, 'x') + R"(", "kind": "worker"})";
    };
    EXPECT_TRUE(read_scenario(tree(with_id(1024))).has_value());
    EXPECT_NE(complaint_about(tree(with_id(1025))).find("is over 1024 bytes long; shorten it"),
              std::string::npos);
}

TEST(scenario_reader, refuses_paths_that_take_more_together_than_any_tree_needs) {
    std::string children;
    for (int i = 0; i < 2'000; ++i) {
        children += (i == 0 ? "" : ",") + std::string{R"({"id":"c)"} + std::to_string(i) +
                    R"(","kind":"worker"})";
    }
    for (int depth = 0; depth < 60; ++depth) {
        children = R"({"id": ")" + std::string(1000, 'x') +
                   R"(", "kind": "supervisor", "children": [)" + children + "]}";
    }
    EXPECT_NE(complaint_about(tree(children)).find("paths of over 64 MiB"), std::string::npos);
}

TEST(printable, escapes_control_characters_and_invalid_utf_8) {
    EXPECT_EQ(printable("a\x1b[1m\n\t\x7f"), "a\\x1B[1m\\x0A\\x09\\x7F");
    EXPECT_EQ(printable(std::string(1, '\0')), "\\x00");
    EXPECT_EQ(printable("\xC2\x9B\xC2\xA0"), "\\xC2\\x9B\xC2\xA0");
    EXPECT_EQ(printable("é…🌳"), "é…🌳");
    EXPECT_EQ(printable("\xC3"), "\\xC3");  // cut off
    EXPECT_EQ(printable("\xC3("), "\\xC3(");
    EXPECT_EQ(printable("\xC0\xAF"), "\\xC0\\xAF");  // overlong
    EXPECT_EQ(printable("\xE0\x9F\xBF"), "\\xE0\\x9F\\xBF");
    EXPECT_EQ(printable("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // a surrogate
    EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // too high
    EXPECT_EQ(printable("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
}

TEST(shortened, cuts_between_characters) {
    EXPECT_EQ(shortened("abc", 3), "abc");
    EXPECT_EQ(shortened("abcd", 3), "abc…");
    EXPECT_EQ(shortened("abéd", 3), "ab…");
    EXPECT_EQ(shortened("🌳🌳", 3), "…");
}

}  // namespace
}  // namespace coppice::cli
