// SPDX-License-Identifier: Apache-2.0
// Tests of a tree as a picture.
//
// Method  The tests compare parts of the drawing; tests/golden has a whole picture.

#include <gtest/gtest.h>

#include "coppice/tree.hpp"

namespace coppice {
namespace {

tree_node leaf(std::string id, std::uint32_t index) {
    tree_node out;
    out.id = std::move(id);
    out.process = pid{1, index, 1};
    return out;
}

bool draws(const tree_node& root, std::string_view part) {
    return to_svg(root).find(part) != std::string::npos;
}

TEST(tree_svg, shows_ids_names_and_facts) {
    tree_node node = leaf("room", 9);
    node.name = "room:garden";
    node.message_queue_len = 3;
    EXPECT_TRUE(draws(node, ">room &quot;room:garden&quot;</text>"));
    EXPECT_TRUE(draws(node, ">&lt;0.9.1&gt;, 3 waiting</text>"));
}

TEST(tree_svg, colours_restarted_crashed_terminated_and_busy_children) {
    tree_node node = leaf("room", 9);
    EXPECT_TRUE(draws(node, "<g class=\"quiet\">"));
    node.times_restarted = 1;
    EXPECT_TRUE(draws(node, "<g class=\"restarted\">"));
    EXPECT_TRUE(draws(node, "1 restart<"));
    node.busy = true;
    EXPECT_TRUE(draws(node, "<g class=\"busy\">\n"));
    node.status = child_status::restarting;
    EXPECT_TRUE(draws(node, "<g class=\"crashed\">\n"));
    node.status = child_status::stopped;
    EXPECT_TRUE(draws(node, "<g class=\"terminated\">\n"));
    EXPECT_TRUE(draws(node, ">terminated, busy, 1 restart<"));
    for (const char* colour : {"#fe8888", "#fbab04", "#0cac08"}) {
        EXPECT_TRUE(draws(node, colour));
    }
}

TEST(tree_svg, puts_a_supervisor_in_the_middle_of_its_children) {
    tree_node root = leaf("top", 1);
    root.strategy = "one_for_one";
    root.children = {leaf("a", 2), leaf("b", 3), leaf("c", 4)};
    // Rows are 50 high: the children at 16, 66 and 116, the supervisor beside the second.
    EXPECT_TRUE(draws(root, "<rect x=\"16\" y=\"66\""));
    for (const char* y : {"y=\"16\"", "y=\"66\"", "y=\"116\""}) {
        EXPECT_TRUE(draws(root, y)) << y;
    }
    // From the middle of the supervisor's side along one line to each of the three children.
    const std::string drawn = to_svg(root);
    EXPECT_NE(drawn.find("V136M"), std::string::npos) << drawn;
}

TEST(tree_svg, matches_the_expected_drawing) {
    tree_node root = leaf("top", 1);
    root.strategy = "one_for_one";
    root.restarts = 1;
    root.children = {leaf("a", 2), leaf("gone", 3)};
    root.children[0].times_restarted = 1;
    root.children[1].status = child_status::stopped;
    std::string drawn = to_svg(root);
    drawn.erase(drawn.find("<style>"), drawn.find("</style>") + 9 - drawn.find("<style>"));
    drawn.erase(drawn.find("<g class=\"restarted\"><rect"));  // the legend
    EXPECT_EQ(
        drawn,
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="520" height="156" viewBox="0 0 520 156" role="img">
<title>supervision tree</title>
<path d="M288 61H312M312 36V86M312 36h24M312 86h24"/>
<g class="quiet">
<rect x="16" y="41" width="272" height="40" rx="6"/>
<text x="28" y="58" class="title">top</text>
<text x="28" y="73" class="facts">&lt;0.1.1&gt;, one_for_one, 1 restart</text>
</g>
<g class="restarted">
<rect x="336" y="16" width="168" height="40" rx="6"/>
<text x="348" y="33" class="title">a</text>
<text x="348" y="48" class="facts">&lt;0.2.1&gt;, 1 restart</text>
</g>
<g class="terminated">
<rect x="336" y="66" width="168" height="40" rx="6"/>
<text x="348" y="83" class="title">gone</text>
<text x="348" y="98" class="facts">terminated</text>
</g>
)");
}

TEST(tree_svg, escapes_and_shortens_any_id) {
    const tree_node node = leaf("<script>&\"\n\x1b" + std::string(300, 'x'), 1);
    const std::string drawn = to_svg(node);
    EXPECT_EQ(drawn.find("<script>"), std::string::npos);
    EXPECT_EQ(drawn.find('\x1b'), std::string::npos);
    EXPECT_NE(drawn.find("&lt;script&gt;&amp;&quot;\\n\\x1b"), std::string::npos);
    EXPECT_EQ(drawn.find(std::string(60, 'x')), std::string::npos);  // shortened
    EXPECT_NE(drawn.find("x…</text>"), std::string::npos);
}

TEST(tree_svg, counts_characters_and_not_bytes) {
    const tree_node ascii = leaf("aaaaaaaaaaaa", 1);
    const tree_node umlauts = leaf("üüüüüüüüüüüü", 1);
    const auto width = [](const tree_node& of) {
        const std::string drawn = to_svg(of);
        return drawn.substr(drawn.find("height=\"40\"") - 15, 15);
    };
    EXPECT_EQ(width(ascii), width(umlauts));
}

}  // namespace
}  // namespace coppice
