// SPDX-License-Identifier: Apache-2.0
// The printed command repeats the run, and wrong plans are refused.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "coppice/testing/explore.hpp"
#include "coppice/testing/gtest.hpp"
#include "support/planted_bugs.hpp"

namespace coppice {
namespace {

using testing::explore_options;
using testing::find_failure;

/// COPPICE_EXPLORE has the text during the lifetime.
class given_plan {
  public:
    explicit given_plan(const std::string& text) { setenv("COPPICE_EXPLORE", text.c_str(), 1); }
    given_plan(const given_plan&) = delete;
    given_plan& operator=(const given_plan&) = delete;
    ~given_plan() { unsetenv("COPPICE_EXPLORE"); }
};

explore_options many_seeds() {
    explore_options how;
    how.seeds = 200;
    how.first_seed = 1;
    return how;
}

/// Prints the failure that the tests below look for. Not run by itself: the test fails.
TEST(planted, DISABLED_lost_update) {
    testing::explore(many_seeds(), test::lost_update);
}
TEST(planted, DISABLED_second_exploration) {
    testing::explore(many_seeds(), test::no_lost_update);
    testing::explore(many_seeds(), test::lost_update);
}

struct ended_program {
    int status = 0;
    std::string output;
};

ended_program run(const std::string& command) {
    ended_program out;
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    std::array<char, 512> part{};
    while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr) {
        out.output += part.data();
    }
    out.status = pclose(pipe);
    return out;
}

/// The line after "repeat with".
std::string command_in(const std::string& output) {
    const std::string before = "repeat with\n  ";
    const std::size_t at = output.find(before);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + before.size();
    return output.substr(begin, output.find('\n', begin) - begin);
}

void expect_that_the_command_repeats(const std::string& test) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string disabled = " --gtest_also_run_disabled_tests";
    const ended_program first = run(program + disabled + " --gtest_filter=" + test);
    EXPECT_NE(first.status, 0);
    const std::string command = command_in(first.output);
    EXPECT_NE(command.find("--gtest_filter=" + test), std::string::npos) << first.output;
    const ended_program again = run(command + disabled);
    EXPECT_NE(again.status, 0);
    EXPECT_NE(again.output.find("an increment is lost"), std::string::npos) << again.output;
    EXPECT_NE(again.output.find("failed in run 1; 0 more runs"), std::string::npos) << again.output;
    EXPECT_EQ(command_in(again.output), command);
}

TEST(explore_replay, runs_exactly_the_printed_plan) {
    expect_that_the_command_repeats("planted.DISABLED_lost_update");
}

TEST(explore_replay, leaves_out_the_other_explorations_of_the_test) {
    expect_that_the_command_repeats("planted.DISABLED_second_exploration");
}

TEST(explore_replay, fails_with_the_same_text) {
    const auto found = find_failure(many_seeds(), test::keeps_a_pid);
    ASSERT_TRUE(found.has_value());
    const given_plan again{"call=2 " + found->plan};
    const auto repeated = find_failure(many_seeds(), test::keeps_a_pid);
    ASSERT_TRUE(repeated.has_value());
    EXPECT_EQ(repeated->failure, found->failure);
    EXPECT_EQ(repeated->plan, found->plan);
    EXPECT_NE(repeated->command.find("COPPICE_EXPLORE='call=2 " + found->plan + "'"),
              std::string::npos);
    EXPECT_EQ(repeated->runs, 1U);
}

TEST(explore_replay, of_a_plan_that_does_not_fail_passes) {
    const given_plan nothing{"plain"};
    EXPECT_FALSE(find_failure(many_seeds(), test::lost_update).has_value());
}

TEST(explore_replay, of_a_plan_for_other_steps_leaves_out_void_decisions) {
    const given_plan nothing{"kill@100000 run@1:7"};
    const auto found = find_failure(many_seeds(), [] { throw std::runtime_error{"always"}; });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->plan, "plain");
}

TEST(explore_replay, refuses_a_wrong_plan_with_a_sentence) {
    for (const char* wrong : {"kil@3", "kill", "kill@", "kill@0", "kill@3:0", "run@3:", "run@x",
                              "run@3:2x", "run@-1", "kill@3,kill@4"}) {
        const given_plan given{wrong};
        try {
            static_cast<void>(find_failure(many_seeds(), [] {}));
            ADD_FAILURE() << wrong;
        } catch (const std::invalid_argument& refused) {
            EXPECT_EQ(std::string{refused.what()},
                      "COPPICE_EXPLORE: \"" + std::string{wrong} +
                          "\" is no decision; write KIND@STEP or KIND@STEP:NUMBER, as in kill@17 "
                          "or run@20:2, where STEP and NUMBER are positive");
        }
    }
}

}  // namespace
}  // namespace coppice
