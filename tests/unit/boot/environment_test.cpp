// SPDX-License-Identifier: Apache-2.0
// Environment variables of the runtime and of the test kit.

#include "boot/environment.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "coppice/testing/sim_world.hpp"

namespace coppice::boot {
namespace {

/// Sets an environment variable, and removes the variable at the end.
class variable {
  public:
    variable(const char* name, const char* text) : name_{name} { ::setenv(name, text, 1); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { ::unsetenv(name_); }

  private:
    const char* name_;
};

constexpr const char* unfit[] = {"", "-1", "+1", "7x", " 7", "0x7", "18446744073709551616"};

std::string refusal_of(const char* text) {
    const variable set{"COPPICE_SEED", text};
    try {
        static_cast<void>(number_in_environment("COPPICE_SEED"));
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "none";
}

TEST(a_number_in_the_environment, is_absent_without_the_variable) {
    EXPECT_EQ(number_in_environment("COPPICE_SEED"), std::nullopt);
}

TEST(a_number_in_the_environment, is_read_up_to_the_largest) {
    const variable least{"COPPICE_SEED", "0"};
    EXPECT_EQ(number_in_environment("COPPICE_SEED"), 0U);
    const variable largest{"COPPICE_SEED", "18446744073709551615"};
    EXPECT_EQ(number_in_environment("COPPICE_SEED"), UINT64_MAX);
}

TEST(a_number_in_the_environment, is_refused_by_name_and_remedy_when_unfit) {
    for (const char* text : unfit) {
        EXPECT_EQ(refusal_of(text), "COPPICE_SEED=" + std::string{text} +
                                        ": write a whole number from 0 to 18446744073709551615");
    }
}

TEST(the_seed_of_a_simulation, is_taken_from_the_environment) {
    EXPECT_EQ(testing::seed_from_environment(7), 7U);
    const variable set{"COPPICE_SEED", "12"};
    EXPECT_EQ(testing::seed_from_environment(7), 12U);
}

TEST(the_seed_of_a_simulation, is_refused_when_unfit) {
    for (const char* text : unfit) {
        const variable set{"COPPICE_SEED", text};
        EXPECT_THROW(static_cast<void>(testing::seed_from_environment()), std::invalid_argument);
    }
}

TEST(the_options_of_a_program, keep_the_seed_without_the_variable) {
    runtime_options options;
    options.seed = 5;
    EXPECT_TRUE(detail::apply_environment(options));
    EXPECT_EQ(options.seed, 5U);
}

TEST(the_options_of_a_program, are_refused_for_an_unfit_seed_or_clock) {
    runtime_options options;
    {
        const variable set{"COPPICE_SEED", "7x"};
        EXPECT_FALSE(detail::apply_environment(options));
    }
    const variable set{"COPPICE_CLOCK", "sundial"};
    EXPECT_FALSE(detail::apply_environment(options));
}

TEST(the_options_of_a_program, take_the_clock_from_the_environment) {
    runtime_options options;
    {
        const variable set{"COPPICE_CLOCK", "simulated"};
        EXPECT_TRUE(detail::apply_environment(options));
        EXPECT_EQ(options.clock, clock_kind::simulated);
    }
    const variable set{"COPPICE_CLOCK", "real"};
    EXPECT_TRUE(detail::apply_environment(options));
    EXPECT_EQ(options.clock, clock_kind::real);
}

}  // namespace
}  // namespace coppice::boot
