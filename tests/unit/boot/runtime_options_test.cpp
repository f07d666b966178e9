// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "coppice/runtime.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

/// The text of the refusal of the options; empty if accepted.
std::string refusal_of(const runtime_options& options) {
    try {
        const runtime taken{options};
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "";
}

TEST(runtime_options, are_refused_by_name_outside_of_their_range) {
    EXPECT_EQ(refusal_of({.workers = 129}), "runtime_options: workers is 129, and 128 is the most");
    EXPECT_EQ(refusal_of({.spin = -1us}),
              "runtime_options: spin is negative; it has to be zero or more");
    EXPECT_EQ(refusal_of({.turn_budget = 0}),
              "runtime_options: turn_budget is 0; a turn needs at least one message");
    EXPECT_EQ(refusal_of({.stuck_after = 0ns}), "runtime_options: stuck_after has to be positive");
    EXPECT_EQ(refusal_of({.spare_workers = 65}),
              "runtime_options: spare_workers is 65, and 64 is the most");
    EXPECT_EQ(refusal_of({.blocking_threads = 0}),
              "runtime_options: blocking_threads is 0, and has to be from 1 to 1024");
    EXPECT_EQ(refusal_of({.blocking_threads = 1025}),
              "runtime_options: blocking_threads is 1025, and has to be from 1 to 1024");
}

TEST(runtime_options, are_taken_at_the_edges_of_their_range) {
    EXPECT_EQ(refusal_of({.workers = 128}), "");
    EXPECT_EQ(refusal_of({.spin = 0us}), "");
    EXPECT_EQ(refusal_of({.turn_budget = 1}), "");
    EXPECT_EQ(refusal_of({.stuck_after = 1ns}), "");
    EXPECT_EQ(refusal_of({.stuck_after = std::chrono::nanoseconds::max()}), "");
    EXPECT_EQ(refusal_of({.spare_workers = 0}), "");
    EXPECT_EQ(refusal_of({.spare_workers = 64}), "");
    EXPECT_EQ(refusal_of({.blocking_threads = 1}), "");
    EXPECT_EQ(refusal_of({.blocking_threads = 1024, .blocking_queue = 0}), "");
}

TEST(runtime_options, default_to_at_least_one_worker) {
    EXPECT_GE(runtime{}.workers(), 1U);
}

TEST(stopped_runtime, stops_again_at_once) {
    runtime world{{.workers = 2}};
    world.start();
    const pid waits = world.spawn([]() -> task<> { co_await sleep(1h); });
    EXPECT_TRUE(world.stop(5s));
    EXPECT_TRUE(world.stop(5s));
    EXPECT_EQ(world.wait(waits, 5s), reason::noproc);
}

}  // namespace
}  // namespace coppice
