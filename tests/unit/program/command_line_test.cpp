// SPDX-License-Identifier: Apache-2.0
// Goal: a command line becomes wishes, each for one option.

#include "program/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coppice::application::program {
namespace {

/// All settings but the last have the names of options common to all programs.
struct namesake {
    static constexpr std::string_view name = "namesake";
    static settings environment() {
        return {{"config", "a", ""}, {"version", "b", ""}, {"set", "c", ""},
                {"help", "d", ""},   {"inspect", "e", ""}, {"no_inspect", "f", ""},
                {"max_lines", 1, ""}};
    }
};

understood_words understood(std::vector<std::string> words) {
    words.insert(words.begin(), "namesake");
    std::vector<char*> pointers;
    for (std::string& each : words) {
        pointers.push_back(each.data());
    }
    return understand(applications_of(detail::describe<namesake>()),
                      static_cast<int>(pointers.size()), pointers.data());
}

TEST(a_command_line, prefers_its_own_options_to_settings_of_the_same_name) {
    const understood_words said =
        understood({"--config", "file.toml", "--set", "namesake.config=x", "--max-lines", "3"});
    ASSERT_TRUE(said.wanted.has_value());
    EXPECT_EQ(said.wanted->file, "file.toml");
    ASSERT_EQ(said.wanted->values.size(), 2U);
    EXPECT_EQ(said.wanted->values[0].target, "namesake.config");
    EXPECT_EQ(said.wanted->values[0].text, "x");
    EXPECT_EQ(said.wanted->values[1].target, "namesake.max_lines");
    EXPECT_EQ(said.wanted->values[1].where, "--max-lines");
}

TEST(a_command_line, lets_the_option_of_a_setting_override_the_set_option) {
    const understood_words said =
        understood({"--max-lines", "3", "--set", "namesake.max_lines=a=b"});
    ASSERT_TRUE(said.wanted.has_value());
    ASSERT_EQ(said.wanted->values.size(), 2U);
    EXPECT_EQ(said.wanted->values[0].text, "a=b");
    EXPECT_EQ(said.wanted->values[1].text, "3");
}

TEST(a_command_line, with_a_word_that_is_no_option_is_refused) {
    for (const char* wrong : {"--no-such", "word", "--max_lines=3"}) {
        const understood_words said = understood({wrong});
        EXPECT_FALSE(said.wanted.has_value()) << wrong;
        EXPECT_EQ(said.status, 2) << wrong;
    }
}

}  // namespace
}  // namespace coppice::application::program
