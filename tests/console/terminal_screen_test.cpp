// SPDX-License-Identifier: Apache-2.0
// The reader of screens shows the same text as an xterm.

#include "support/terminal_screen.hpp"

#include <gtest/gtest.h>

namespace coppice::test {
namespace {

TEST(a_terminal_screen, wraps_scrolls_and_moves) {
    terminal_screen on{3, 4};
    on.read("abcdef\r\ngh\r\ni");
    EXPECT_EQ(on.text(), "ef\ngh\ni");
    on.read("\x1b[1;2HX\x1b[3;1Hé\b");
    EXPECT_EQ(on.text(), "eX\ngh\né");
    EXPECT_EQ(on.cursor_column(), 0U);
}

TEST(a_terminal_screen, erases_inserts_and_deletes) {
    terminal_screen on{2, 6};
    on.read("abcdef\x1b[2;1Hxyz\x1b[1;3H\x1b[2P\x1b[1@_");
    EXPECT_EQ(on.text(), "ab_ef\nxyz");
    on.read("\x1b[2X");
    EXPECT_EQ(on.text(), "ab_\nxyz");
    on.read("\x1b[1;2H\x1b[J");
    EXPECT_EQ(on.text(), "a");
}

TEST(a_terminal_screen, waits_for_the_rest_of_a_sequence) {
    terminal_screen on{1, 8};
    for (const char each : std::string{"a\x1b[1;5Hé\x1b[31mb"}) {
        on.read({&each, 1});
    }
    EXPECT_EQ(on.text(), "a   éb");
    EXPECT_TRUE(on.has_colours());
}

TEST(a_terminal_screen, restores_the_main_screen) {
    terminal_screen on{1, 8};
    on.read("before\x1b[?1049h");
    EXPECT_TRUE(on.is_alternate());
    EXPECT_EQ(on.text(), "");
    on.read("\x1b[1;1Hinside\x1b[?1049l");
    EXPECT_EQ(on.text(), "before");
    EXPECT_FALSE(on.is_alternate());
}

TEST(a_terminal_screen, records_unknown_escape_sequences) {
    terminal_screen on{1, 8};
    on.read("a\x1b[5zb");
    EXPECT_EQ(on.unknown(), std::vector<std::string>{"\x1b[5z"});
    EXPECT_EQ(on.text(), "ab");
}

}  // namespace
}  // namespace coppice::test
