// SPDX-License-Identifier: Apache-2.0

#include "console/layout.hpp"

#include <gtest/gtest.h>

namespace coppice::test {
namespace {

using namespace cli;

TEST(console_layout, aligns_texts_to_the_left_and_numbers_to_the_right) {
    table rows{"name", ">queue", "state"};
    rows.add({"till", "7", "open"});
    rows.add({"shelf 12", "1000", "a b"});
    EXPECT_EQ(rows.text(false),
              "name      queue  state\n"
              "till          7  open\n"
              "shelf 12   1000  a b\n");
}

TEST(console_layout, measures_characters_and_not_bytes) {
    table rows{"name", "x"};
    rows.add({"ü", "1"});
    rows.add({"日本", "2"});
    rows.add({"e\u0301e", "3"});
    EXPECT_EQ(rows.text(false),
              "name  x\n"
              "ü     1\n"
              "日本  2\n"
              "e\u0301e    3\n");
}

TEST(console_layout, makes_cells_harmless) {
    table rows{"name"};
    rows.add({"a\x1b[2J\nb"});
    EXPECT_EQ(rows.text(false), "name\na\\x1b[2J\\nb\n");
}

TEST(console_layout, cuts_at_the_last_column_that_fits) {
    EXPECT_EQ(cut("abcdef", 6), "abcdef");
    EXPECT_EQ(cut("abcdefg", 6), "abcde…");
    EXPECT_EQ(cut("日本語", 5), "日本…");
    EXPECT_EQ(cut("日本語", 4), "日…");
}

TEST(console_layout, has_colours_only_where_requested) {
    EXPECT_EQ(painted("x", colour::red, true), "\x1b[31mx\x1b[0m");
    EXPECT_EQ(painted("x", colour::red, false), "x");
    EXPECT_EQ(painted("x", colour::none, true), "x");
}

TEST(console_layout, leaves_out_facts_without_a_value) {
    EXPECT_EQ(text_of(facts{{"pid", "<0.1.1>"}, {"nothing at all", ""}, {"queue", "7"}}, false),
              "pid    <0.1.1>\nqueue  7\n");
}

TEST(console_layout, tells_times_in_two_units) {
    EXPECT_EQ(duration_text(-1), "0 ms");
    EXPECT_EQ(duration_text(999), "999 ms");
    EXPECT_EQ(duration_text(1000), "1 s");
    EXPECT_EQ(duration_text(59'999), "59 s");
    EXPECT_EQ(duration_text(60'000), "1 min 0 s");
    EXPECT_EQ(duration_text(3'599'999), "59 min 59 s");
    EXPECT_EQ(duration_text(3'600'000), "1 h 0 min");
    EXPECT_EQ(duration_text(86'400'000), "1 d 0 h");
    EXPECT_EQ(duration_text(1e300), "?");
}

TEST(console_layout, tells_sizes_in_powers_of_two) {
    EXPECT_EQ(size_text(1023), "1023 B");
    EXPECT_EQ(size_text(1024), "1.0 KiB");
    EXPECT_EQ(size_text(1536.0 * 1024), "1.5 MiB");
}

TEST(console_layout, shows_a_question_mark_for_invalid_times_of_day) {
    EXPECT_EQ(clock_text(-1), "?");
    EXPECT_EQ(clock_text(1e18), "?");
    EXPECT_EQ(clock_text(1'700'000'000'123).substr(5), ":20.123");
}

}  // namespace
}  // namespace coppice::test
