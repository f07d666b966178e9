// SPDX-License-Identifier: Apache-2.0

#include "inspect/line_buffer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coppice::inspect {
namespace {

std::vector<std::string> taken(line_buffer& from) {
    std::vector<std::string> out;
    while (auto line = from.next()) {
        out.push_back(std::move(*line));
    }
    return out;
}

using lines = std::vector<std::string>;

TEST(line_buffer, gives_each_line_once_however_its_bytes_come) {
    const std::string all = "one\ntwo\r\n\nfour\n";
    for (std::size_t part = 1; part <= all.size(); ++part) {
        line_buffer input;
        lines got;
        for (std::size_t at = 0; at < all.size(); at += part) {
            input.add(std::string_view{all}.substr(at, part));
            for (std::string& each : taken(input)) {
                got.push_back(std::move(each));
            }
        }
        EXPECT_EQ(got, (lines{"one", "two", "", "four"})) << "in parts of " << part;
    }
}

TEST(line_buffer, does_not_count_lines_that_were_taken_for_the_length_of_the_next) {
    const std::string longest(line_max, 'x');
    line_buffer input;
    input.add("before\n" + longest);
    EXPECT_EQ(taken(input), lines{"before"});
    EXPECT_FALSE(input.is_too_long());
    input.add("\nafter\n");
    EXPECT_EQ(taken(input), (lines{longest, "after"}));
    EXPECT_FALSE(input.is_too_long());
}

TEST(line_buffer, refuses_a_line_of_one_byte_more_whether_its_end_has_come_or_not) {
    const std::string too_long(line_max + 1, 'x');
    for (const char* end : {"", "\n"}) {
        line_buffer input;
        input.add("before\n" + too_long + end);
        EXPECT_EQ(taken(input), lines{"before"});
        EXPECT_TRUE(input.is_too_long());
        input.add("\nafter\n");
        EXPECT_EQ(taken(input), lines{});
    }
}

}  // namespace
}  // namespace coppice::inspect
