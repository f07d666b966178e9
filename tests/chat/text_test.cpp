// SPDX-License-Identifier: Apache-2.0
// How the chat server treats text from strangers.
//
// Goal    No byte of a client reaches another terminal as a control, no two nicks look the same, and names of
// all scripts are valid.
// Method  Pure functions, with both sides of each limit.

#include "chat/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/input.hpp"
#include "chat/limits.hpp"
#include "chat/room.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

TEST(utf8, accepts_exactly_the_valid_sequences) {
    for (const char* valid :
         {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xF0\x9F\x8C\xB3",
          // The first and the last of each length, and the neighbours of the surrogates.
          "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
          "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(valid)) << ::testing::PrintToString(std::string{valid});
    }
    for (const char* invalid :
         {"\xC3", "\x80", "\xFF", "a\xE2\x82", "\xE2\x28\xA1",
          // Overlong.
          "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
          "\xF0\x8F\xBF\xBF",
          // Surrogates, and beyond the last code point.
          "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
        EXPECT_FALSE(is_utf8(invalid)) << ::testing::PrintToString(std::string{invalid});
    }
}

TEST(escaped, keeps_printable_characters_and_escapes_the_others) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"plain text, \xC3\xA9 \xF0\x9F\x8C\xB3", "plain text, \xC3\xA9 \xF0\x9F\x8C\xB3"},
        {"tab\there", "tab\there"},
        {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
        {std::string{"nul\0", 4}, "nul\\x00"},
        {"mid\rline\x7f", "mid\\x0dline\\x7f"},
        {"\xC2\x9b"
         "31m",
         "\\u{9b}31m"},  // C1: another form of ESC [.
        {"\xE2\x80\xAE"
         "txt\xE2\x80\xAC",
         "\\u{202e}txt\\u{202c}"},  // Right to left.
        {"\xE2\x81\xA6x\xE2\x81\xA9", "\\u{2066}x\\u{2069}"},
        {"\xE2\x80\xA8next", "\\u{2028}next"},
        {"\xEF\xBB\xBFmark", "\\u{feff}mark"}};
    for (const auto& [text, shown] : cases) {
        EXPECT_EQ(escaped(text), shown);
    }
}

TEST(is_name, takes_letters_and_digits_of_any_script) {
    for (const char* name :
         {"ada", "Ada_L-1", "7", "\xC3\xA9lodie", "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD",
          "\xCE\x91\xCE\xBB\xCE\xAD\xCE\xBE\xCE\xB7\xCF\x82", "\xE5\xB1\xB1\xE7\x94\xB0",
          "\xEA\xB9\x80", "\xD7\x93\xD7\xA0\xD7\x94", "\xD8\xB9\xD9\x85\xD8\xB1",
          "\xE0\xA4\xB0\xE0\xA4\xBE\xE0\xA4\xAE",
          "\xE0\xAE\xB0\xE0\xAE\xBE\xE0\xAE\xAE\xE0\xAE\xA9\xE0\xAF\x8D"}) {
        EXPECT_TRUE(is_name(name)) << name;
    }
    EXPECT_TRUE(is_name(std::string(name_length_max, 'n')));
    std::string long_name;
    for (std::size_t i = 0; i < name_length_max; ++i) {
        long_name += "\xE5\xB1\xB1";
    }
    EXPECT_TRUE(is_name(long_name));
    EXPECT_FALSE(is_name(long_name + "\xE5\xB1\xB1"));
}

TEST(is_name, refuses_lookalike_invisible_and_malformed_names) {
    for (const std::string& name :
         {std::string{}, std::string(name_length_max + 1, 'n'), std::string{"a b"},
          std::string{"a/b"}, std::string{"a:b"}, std::string{"-a"}, std::string{"_a"},
          std::string{"a\x1b"}, std::string{"a\0", 2},
          std::string{"a\xC2\xA0"
                      "b"},
          std::string{"e\xCC\x81lodie"},  // A combining accent.
          std::string{"a\xE2\x80\x8D"
                      "da"},  // A joiner.
          std::string{"a\xE2\x80\xAE"
                      "da"},  // Right to left.
          std::string{"\xEF\xBD\x81"
                      "da"},            // Full width.
          std::string{"\xE3\x85\xA4"},  // An invisible letter.
          std::string{"\xD0\xB0"
                      "da"},  // Cyrillic and Latin.
          std::string{"\xF0\x9D\x92\x82"
                      "da"},
          std::string{"\xF0\x9F\x8C\xB3"}}) {
        EXPECT_FALSE(is_name(name)) << ::testing::PrintToString(name);
    }
}

TEST(key_of, is_equal_for_lookalike_names) {
    EXPECT_EQ(key_of("Ada"), key_of("aDA"));
    EXPECT_EQ(key_of("\xC3\x89lodie"), key_of("\xC3\xA9lodie"));
    EXPECT_EQ(key_of("\xD1\x81\xD0\xBE\xD1\x81\xD0\xBE"), key_of("coco"));  // All Cyrillic.
    EXPECT_NE(key_of("ada"), key_of("adb"));
    EXPECT_NE(key_of("ada"), key_of("ad"));
}

TEST(input, splits_any_fragments_into_lines_and_flags_overlong_ones) {
    input in;
    in.add("one\r\ntwo\nthr");
    EXPECT_EQ(in.next()->text, "one");
    EXPECT_EQ(in.next()->text, "two");
    EXPECT_FALSE(in.next().has_value());
    in.add("ee\n");
    EXPECT_EQ(in.next()->text, "three");
    in.add(std::string(line_length_max, 'x') + "\r\n" + std::string(line_length_max + 1, 'x') +
           "\n");
    EXPECT_FALSE(in.next()->is_too_long);
    EXPECT_TRUE(in.next()->is_too_long);
    for (int i = 0; i < 100; ++i) {
        in.add(std::string(4096, 'x'));
    }
    in.add("\nnext\n");
    EXPECT_TRUE(in.next()->is_too_long);
    EXPECT_EQ(in.next()->text, "next");
}

TEST(changes, summarize_many_joins_and_leaves) {
    changes now;
    EXPECT_TRUE(now.empty());
    now.joined("a");
    EXPECT_EQ(now.take(), std::vector<std::string>{"a joined"});
    now.joined("a");
    now.joined("b");
    now.left("c");
    EXPECT_EQ(now.take(), (std::vector<std::string>{"a and b joined", "c left"}));
    for (const char* each : {"a", "b", "c", "d", "e", "f"}) {
        now.joined(each);
    }
    EXPECT_EQ(now.take(), std::vector<std::string>{"a, b, c, d, e and 1 other joined"});
    for (int i = 0; i < 1000; ++i) {
        now.joined("x");
        now.left("x");
    }
    EXPECT_LE(now.take().size(), 20U);
}

TEST(pace, allows_a_burst_and_then_the_line_rate) {
    limits allowed;
    allowed.lines_a_second = 10;
    pace own{allowed, 0s};
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(own.wait(0s), 0s) << i;
        own.spend(1);
    }
    EXPECT_GT(own.wait(0s), 99ms);
    EXPECT_LE(own.wait(0s), 101ms);
    EXPECT_EQ(own.wait(101ms), 0s);
    own.spend(1);
    EXPECT_GT(own.wait(101ms), 0s);
    EXPECT_EQ(own.wait(1h), 0s);
}

/// Says a line whenever the rate limit allows one. Returns the times of the warning and of the flood.
std::pair<std::chrono::nanoseconds, std::chrono::nanoseconds> flood(
    const limits& allowed, std::chrono::nanoseconds every) {
    pace own{allowed, 0s};
    std::chrono::nanoseconds told{};
    std::chrono::nanoseconds due{};
    for (std::chrono::nanoseconds now{}; now < 60s;) {
        if (const auto wait = own.wait(now); wait > 0s) {
            own.slowed(wait);
            told = own.is_to_be_told() ? now : told;
            if (own.is_flood()) {
                return {told, now};
            }
            now += wait;
            continue;
        }
        own.spend(1);
        due += every;
        now = std::max(now, due);
    }
    return {told, 60s};
}

TEST(pace, warns_and_disconnects_a_flooder_but_no_client_within_the_limit) {
    limits allowed;
    allowed.lines_a_second = 50;
    const auto [told, gone] = flood(allowed, 0s);
    EXPECT_GT(told, 0s);
    EXPECT_LT(told, allowed.told_after * 2);
    EXPECT_GT(gone, allowed.let_go_after / 2);
    EXPECT_LT(gone, allowed.let_go_after * 2);
    EXPECT_EQ(flood(allowed, 20ms),
              (std::pair<std::chrono::nanoseconds, std::chrono::nanoseconds>{0s, 60s}));
}

}  // namespace
}  // namespace chat
