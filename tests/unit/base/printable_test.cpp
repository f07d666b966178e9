// SPDX-License-Identifier: Apache-2.0

#include "coppice/printable.hpp"

#include <gtest/gtest.h>

namespace coppice {
namespace {

TEST(printable, escapes_controls_as_c_writes_them) {
    EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    EXPECT_EQ(printable("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
    EXPECT_EQ(printable(std::string_view{"\0", 1}), "\\x00");
    EXPECT_EQ(printable("\xC2\x85\xC2\x9B"), "\\xc2\\x85\\xc2\\x9b");  // C1
}

TEST(printable, escapes_bidirectional_controls_and_line_separators) {
    for (const char* each :
         {"\u202E", "\u202A", "\u2066", "\u2069", "\u200F", "\u061C", "\u2028", "\u2029"}) {
        EXPECT_EQ(printable(each).find(each), std::string::npos);
        EXPECT_EQ(printable(each).substr(0, 2), "\\x");
    }
}

TEST(printable, escapes_bytes_that_are_not_utf_8) {
    EXPECT_EQ(printable("\xC3"), "\\xc3");
    EXPECT_EQ(printable("\xC3("), "\\xc3(");
    EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf");
    EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");
    EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(printable, leaves_every_other_character_as_it_is) {
    EXPECT_EQ(printable("ünïcode 🌳 …\xC2\xA0"), "ünïcode 🌳 …\xC2\xA0");
    EXPECT_EQ(printable("back\\slash \"quoted\""), "back\\slash \"quoted\"");
    EXPECT_EQ(printable(""), "");
}

TEST(printable, changes_nothing_the_second_time) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    const std::string once = printable(all);
    EXPECT_EQ(printable(once), once);
}

TEST(printable, uses_the_given_escape_function) {
    const auto star = [](std::string_view, std::string& out) { out += '*'; };
    EXPECT_EQ(printable("a\n\xFF\u202E!", star), "a***!");
}

}  // namespace
}  // namespace coppice
