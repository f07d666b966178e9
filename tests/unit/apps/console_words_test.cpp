// SPDX-License-Identifier: Apache-2.0

#include "console/words.hpp"

#include <gtest/gtest.h>

namespace coppice::test {
namespace {

using cli::nearest;
using cli::split_words;
using cli::words;

TEST(console_words, are_separated_by_blanks) {
    EXPECT_EQ(split_words("  call\tcounter  get "), (words{"call", "counter", "get"}));
    EXPECT_EQ(split_words(""), words{});
    EXPECT_EQ(split_words(" \t"), words{});
}

TEST(console_words, keep_blanks_in_quotations) {
    EXPECT_EQ(split_words(R"(put "a b" 'c "d"' e" "f)"), (words{"put", "a b", "c \"d\"", "e f"}));
    EXPECT_EQ(split_words(R"(put "" '')"), (words{"put", "", ""}));
}

TEST(console_words, take_an_escaped_character_literally) {
    EXPECT_EQ(split_words(R"(a\ b "c\"d\\" 'e\f' g\)"), (words{"a b", "c\"d\\", "e\\f", "g\\"}));
}

TEST(console_words, require_closed_quotations) {
    EXPECT_EQ(split_words("say \"hi").error(), "a quotation is not closed: another \" is missing");
    EXPECT_EQ(split_words("say 'hi").error(), "a quotation is not closed: another ' is missing");
}

TEST(console_words, round_trip_through_quoting) {
    for (const std::string word : {"", "room", "room 1", "a\"b", "c\\d", "it's", "ünï"}) {
        EXPECT_EQ(split_words(cli::as_word(word)), words{word});
    }
}

TEST(console_words, find_the_nearest_known_word) {
    const words known{"terminate_child", "tree", "trace", "top"};
    EXPECT_EQ(nearest("tre", known), "tree");
    EXPECT_EQ(nearest("terminat_chld", known), "terminate_child");
    EXPECT_EQ(nearest("xyz", known), std::nullopt);
    EXPECT_EQ(nearest(std::string(1000, 'x'), known), std::nullopt);
    EXPECT_EQ(cli::proposal("tre", known), "; did you mean tree?");
    EXPECT_EQ(cli::proposal("xyz", known), "");
}

}  // namespace
}  // namespace coppice::test
