// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coppice/tree.hpp"

namespace coppice {
namespace {

tree_node worker(std::string id, std::uint32_t index) {
    tree_node out;
    out.id = std::move(id);
    out.process = pid{1, index, 1};
    return out;
}

tree_node sample() {
    tree_node root = worker("top", 1);
    root.type = child_type::supervisor;
    root.strategy = "one_for_one";
    root.restarts = 2;
    root.children = {worker("first", 2), worker("room", 3), worker("gone", 4)};
    root.children[0].message_queue_len = 7;
    root.children[1].name = "garden";
    root.children[1].busy = true;
    root.children[2].status = child_status::restarting;
    root.children[2].process = {};
    return root;
}

TEST(tree_render, as_text_marks_deviations_from_a_quiet_child) {
    EXPECT_EQ(to_text(sample()),
              "top <0.1.1> one_for_one, 2 restarts\n"
              "├─ first <0.2.1>, 7 waiting\n"
              "├─ room \"garden\" busy\n"
              "└─ gone restarting\n");
}

TEST(tree_render, as_text_tells_the_pid_of_a_tree_without_a_name_once) {
    tree_node root = worker("<0.7.1>", 7);
    root.strategy = "one_for_all";
    EXPECT_EQ(to_text(root), "<0.7.1> one_for_all\n");
}

TEST(tree_render, as_text_keeps_an_id_on_its_line_and_harmless_to_a_terminal) {
    EXPECT_EQ(to_text(worker("a\nb\tc\x1b[2J\x7f", 1)), "a\\nb\\tc\\x1b[2J\\x7f <0.1.1>\n");
}

TEST(tree_render, as_mermaid_uses_numbers_for_nodes_and_no_character_that_ends_a_label) {
    tree_node root = worker("a \"b\" <c>", 1);
    root.children = {worker("x", 2)};
    EXPECT_EQ(to_mermaid(root),
              "flowchart TD\n"
              "    n0([\"a 'b' 'c' '0.1.1'\"])\n"
              "    n1([\"x '0.2.1'\"])\n"
              "    n0 --> n1\n");
}

TEST(tree_render, as_dot_escapes_quotes_and_backslashes) {
    const std::string drawn = to_dot(worker("say \"hi\" \\ there", 1));
    EXPECT_NE(drawn.find("label=\"say \\\"hi\\\" \\\\ there <0.1.1>\""), std::string::npos)
        << drawn;
}

TEST(tree_render, as_json_escapes_any_id) {
    tree_node root = sample();
    root.id = "line\nbreak \"quoted\" \x01 ünïcode";
    const auto parsed = nlohmann::json::parse(to_json(root));
    EXPECT_EQ(parsed["id"], root.id);
    EXPECT_EQ(parsed["restarts"], 2);
    EXPECT_EQ(parsed["children"].size(), 3U);
    EXPECT_EQ(parsed["children"][1]["state"], "busy");
    EXPECT_EQ(parsed["children"][2]["state"], "restarting");
}

}  // namespace
}  // namespace coppice
