// SPDX-License-Identifier: Apache-2.0
// The picture of a scenario. tests/golden has a whole picture.

#include "simulate/drawing.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "commands/command.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

json started(const std::string& path, int n, const std::string& outcome = "ok") {
    return {{"event", "start"}, {"path", path}, {"n", n}, {"outcome", outcome}};
}

json ended(const std::string& path, int n, const std::string& why) {
    return {{"event", "exit"}, {"path", path}, {"n", n}, {"reason", why}};
}

trace_line line_of(int step, std::vector<json> events) {
    return {{"do", "advance"}, {"step", step}, {"result", "ok"}, {"events", std::move(events)}};
}

std::size_t count(const std::string& text, const std::string& wanted) {
    std::size_t out = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos;
         at = text.find(wanted, at + 1)) {
        ++out;
    }
    return out;
}

/// A tree without steps.
const scenario& any_tree() {
    static const scenario tree{tree_scenario{}};
    return tree;
}

std::string picture_of(const std::vector<json>& events) {
    drawing drawn{any_tree()};
    drawn.add(line_of(0, events));
    return drawn.svg();
}

TEST(a_drawing, has_a_bar_for_each_life_and_a_mark_for_each_end) {
    const std::string drawn =
        picture_of({started("top", 1), started("top/a", 1), ended("top/a", 1, "crash:boom"),
                    started("top/a", 2), ended("top/a", 2, "shutdown")});
    EXPECT_EQ(count(drawn, "<rect x"), 3U + 4U);  // four are the legend's
    EXPECT_EQ(count(drawn, "<circle"), 2U);
    EXPECT_NE(drawn.find("top/a #1 ended: crash:boom"), std::string::npos);
    EXPECT_NE(drawn.find("top/a #2 ended: shutdown"), std::string::npos);
    EXPECT_NE(drawn.find("top #1 lives"), std::string::npos);
}

TEST(a_drawing, colours_crashes_and_requested_ends_differently) {
    for (const char* asked : {"normal", "shutdown", "shutdown:done"}) {
        EXPECT_EQ(
            count(picture_of({started("a", 1), ended("a", 1, asked)}), "r=\"7\" fill=\"#fbab04\""),
            1U)
            << asked;
    }
    for (const char* crash : {"killed", "crash:x", "noproc"}) {
        EXPECT_EQ(
            count(picture_of({started("a", 1), ended("a", 1, crash)}), "r=\"7\" fill=\"#fe8888\""),
            1U)
            << crash;
    }
}

TEST(a_drawing, marks_a_start_that_failed) {
    EXPECT_EQ(count(picture_of({started("a", 1, "error:full")}), "did not start: error:full"), 1U);
}

TEST(a_drawing, escapes_markup_and_control_bytes_of_user_text) {
    const std::string drawn = picture_of({started("<script>alert(1)</script>", 1),
                                          ended("<script>alert(1)</script>", 1, "\"&\x1B[31m")});
    EXPECT_EQ(drawn.find("<script"), std::string::npos);
    EXPECT_EQ(drawn.find('\x1B'), std::string::npos);
    EXPECT_NE(drawn.find("&lt;script&gt;"), std::string::npos);
}

TEST(a_drawing, shortens_long_names_between_their_characters) {
    std::string path;
    while (path.size() < 59) {
        path += "é";  // two bytes each
    }
    const std::string drawn = picture_of({started(path + "abc", 1)});
    EXPECT_NE(drawn.find("…</text>"), std::string::npos);
    EXPECT_EQ(drawn.find("\xC3…"), std::string::npos);
}

TEST(a_drawing, has_up_to_2000_moments_and_says_when_there_are_more) {
    drawing drawn{any_tree()};
    drawn.add(line_of(0, {started("a", 1)}));
    for (int step = 1; step < 2000; ++step) {
        drawn.add(line_of(step, {ended("a", 1, "x")}));
    }
    drawn.add(line_of(1999, {ended("a", 1, "x")}));
    EXPECT_EQ(drawn.problem(), std::nullopt);
    drawn.add(line_of(2000, {ended("a", 1, "x")}));
    ASSERT_NE(drawn.problem(), std::nullopt);
    EXPECT_NE(drawn.problem()->find("more than 2000 moments"), std::string::npos);
}

TEST(a_drawing, has_up_to_1000_children_and_says_when_there_are_more) {
    drawing drawn{any_tree()};
    for (int child = 0; child < 1000; ++child) {
        drawn.add(line_of(0, {started("a" + std::to_string(child), 1)}));
    }
    drawn.add(line_of(1, {ended("a999", 1, "x")}));
    EXPECT_EQ(drawn.problem(), std::nullopt);
    drawn.add(line_of(1, {started("one more", 1)}));
    ASSERT_NE(drawn.problem(), std::nullopt);
    EXPECT_NE(drawn.problem()->find("more than 1000 children"), std::string::npos);
}

}  // namespace
}  // namespace coppice::cli
