// SPDX-License-Identifier: Apache-2.0

#include "platform/throw_stack.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/worlds.hpp"

namespace coppice::platform {
namespace {

[[gnu::noinline]] void throw_from_here() {
    throw std::runtime_error{"x"};
}

// Clang's AddressSanitizer puts a __cxa_throw of its own before every library's.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool watched = false;
#else
constexpr bool watched = true;
#endif
#else
constexpr bool watched = true;
#endif

std::vector<void*> stack_of_a_throw() {
    try {
        throw_from_here();
    } catch (...) {
        return stack_of(std::current_exception());
    }
    return {};
}

TEST(throw_stack, begins_where_the_exception_was_thrown) {
    if (!watched) {
        GTEST_SKIP() << "the sanitizer sees throws first";
    }
    watch_throws(true);
    const std::vector<void*> stack = stack_of_a_throw();
    watch_throws(false);
    ASSERT_GE(stack.size(), 3U) << "the test has callers";
    const std::vector<std::string> lines = symbolise(stack);
    ASSERT_EQ(lines.size(), stack.size());
    EXPECT_NE(lines[0].find("throw_from_here"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("stack_of_a_throw"), std::string::npos) << lines[1];
}

TEST(throw_stack, is_empty_while_throws_are_not_watched) {
    watch_throws(false);
    EXPECT_TRUE(stack_of_a_throw().empty());
}

TEST(throw_stack, of_an_earlier_exception_is_not_taken_for_the_last) {
    watch_throws(true);
    std::exception_ptr first;
    try {
        throw_from_here();
    } catch (...) {
        first = std::current_exception();
    }
    static_cast<void>(stack_of_a_throw());
    EXPECT_TRUE(stack_of(first).empty());
    watch_throws(false);
}

/// The stack in the crash report of a process that runs `work` in a simulation.
template <class Work>
std::vector<std::string> reported_stack(Work work) {
    std::vector<std::string> lines;
    runtime_options options;
    options.on_report = [&](const report& told) {
        if (const auto* crash = std::get_if<crash_report>(&told.body)) {
            lines = symbolised_stack(crash->why);
        }
    };
    testing::sim_world world{1, options};
    world.run(std::move(work));
    return lines;
}

TEST(throw_stack, reaches_the_crash_report_with_file_and_line) {
    if (!watched) {
        GTEST_SKIP() << "the sanitizer sees throws first";
    }
    const std::vector<std::string> lines = reported_stack([] { throw_from_here(); });
    ASSERT_FALSE(lines.empty());
    EXPECT_NE(lines[0].find("throw_from_here"), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find("throw_stack_test.cpp:"), std::string::npos) << lines[0];
}

/// Whether the down message of a crash holds the stack.
bool tells_where(runtime_options options) {
    bool told = false;
    options.on_report = [](const report&) {};
    testing::sim_world world{1, options};
    world.run([&]() -> task<> {
        spawn_monitor([] { throw_from_here(); });
        const down_message down = co_await receive<down_message>();
        told = !down.why.as_error()->stack.empty();
    });
    return told;
}

TEST(throw_stack, is_kept_if_errors_are_reported_or_the_option_asks) {
    if (!watched) {
        GTEST_SKIP() << "the sanitizer sees throws first";
    }
    EXPECT_TRUE(tells_where({}));
    EXPECT_TRUE(tells_where({.level = report_level::error}));
    EXPECT_FALSE(tells_where({.level = report_level::off}));
    EXPECT_TRUE(tells_where({.level = report_level::off, .capture_stacks = true}));
    EXPECT_FALSE(tells_where({.capture_stacks = false}));
}

[[noreturn]] void throw_in_a_simulation() {
    throw std::runtime_error{"inner"};
}

// The record of a thread is of one throw: the stack of an earlier exception is unknown, and not the stack of the
// later throw.
TEST(throw_stack, of_a_process_is_unknown_after_a_throw_in_a_simulation_inside_of_the_process) {
    const std::vector<std::string> lines = reported_stack([] {
        std::exception_ptr outer;
        try {
            throw_from_here();
        } catch (...) {
            outer = std::current_exception();
        }
        runtime_options quiet;
        quiet.on_report = [](const report&) {};
        testing::sim_world inner{1, quiet};
        inner.run([] { throw_in_a_simulation(); });
        std::rethrow_exception(outer);
    });
    EXPECT_TRUE(lines.empty()) << lines.front();
}

TEST(throw_stack, of_a_process_is_known_after_a_simulation_inside_of_the_process) {
    if (!watched) {
        GTEST_SKIP() << "the sanitizer sees throws first";
    }
    const std::vector<std::string> lines = reported_stack([] {
        testing::sim_world inner{1, {.capture_stacks = false}};
        inner.run([] {});
        throw_from_here();
    });
    ASSERT_FALSE(lines.empty());
    EXPECT_NE(lines[0].find("throw_from_here"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace coppice::platform
