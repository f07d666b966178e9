// SPDX-License-Identifier: Apache-2.0
// Explorations find planted bugs, shrink the plans to the known shortest, and let right bodies pass.

#include "coppice/testing/explore.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "coppice/testing/gtest.hpp"
#include "support/planted_bugs.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using testing::explore_options;
using testing::fault_kinds;
using testing::find_failure;
using testing::sim_world;

explore_options with_seeds(std::uint64_t seeds, std::uint64_t first = 1) {
    explore_options how;
    how.seeds = seeds;
    how.first_seed = first;
    return how;
}

/// Each of many seeds alone: the plans that fail all shrink to one decision, whose text begins with `kind`.
template <class Body>
void each_shrinks_to(const std::string& kind, const std::string& failure, Body body) {
    unsigned failed = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const auto found = find_failure(with_seeds(1, seed), body);
        if (!found) {
            continue;
        }
        ++failed;
        EXPECT_EQ(found->decisions, 1U) << found->report;
        EXPECT_TRUE(found->repeats) << found->report;
        EXPECT_TRUE(found->plan.starts_with(kind)) << found->report;
        EXPECT_NE(found->failure.find(failure), std::string::npos) << found->failure;
    }
    EXPECT_GE(failed, 5U) << "too few seeds find the bug";
}

TEST(explore, shrinks_each_lost_update_to_one_turn_too_late) {
    each_shrinks_to("last@", "an increment is lost", test::lost_update);
}

TEST(explore, shrinks_each_kept_pid_to_one_end_of_the_server) {
    unsigned found_any = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        if (const auto found = find_failure(with_seeds(1, seed), test::keeps_a_pid)) {
            ++found_any;
            EXPECT_EQ(found->decisions, 1U) << found->report;
            EXPECT_TRUE(found->plan.starts_with("kill@") || found->plan.starts_with("fail_alloc@"))
                << found->report;
        }
    }
    EXPECT_GE(found_any, 5U);
}

TEST(explore, shrinks_each_wait_without_a_limit_to_one_fault) {
    unsigned lost = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        explore_options how = with_seeds(1, seed);
        how.faults = fault_kinds::none();
        how.faults.lose_timer = true;
        if (const auto found = find_failure(how, test::waits_for_ever)) {
            ++lost;
            EXPECT_EQ(found->decisions, 1U) << found->report;
            EXPECT_TRUE(found->plan.starts_with("lose_timer@")) << found->report;
            EXPECT_NE(found->failure.find("has not ended after 3600 s of virtual time"),
                      std::string::npos)
                << found->failure;
        }
    }
    EXPECT_GE(lost, 5U);
}

TEST(explore, passes_bodies_without_a_bug) {
    testing::explore(500, test::no_lost_update);
    testing::explore(500, test::asks_by_name);
    testing::explore(500, test::waits_with_a_limit);
}

TEST(explore, makes_no_decision_in_the_plain_run) {
    const auto found = find_failure(with_seeds(0), [] { throw std::runtime_error{"always"}; });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->plan, "plain");
    EXPECT_EQ(found->decisions, 0U);
    EXPECT_EQ(found->runs, 1U);
    EXPECT_FALSE(find_failure(with_seeds(0), test::lost_update).has_value());
}

TEST(explore, runs_the_body_once_for_each_seed_and_once_plainly) {
    int runs = 0;
    testing::explore(with_seeds(20), [&runs] { ++runs; });
    EXPECT_EQ(runs, 21);
}

TEST(explore, takes_a_body_that_drives_the_world) {
    int runs = 0;
    testing::explore(with_seeds(5), [&runs](sim_world& world) {
        ++runs;
        EXPECT_EQ(world.run([]() -> task<> { co_await sleep(1h); }, 2h), reason::normal);
        EXPECT_EQ(world.now(), 1h);
    });
    EXPECT_EQ(runs, 6);
    const auto found =
        find_failure(with_seeds(5), [](sim_world&) { throw std::runtime_error{"out of order"}; });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->failure, "the body threw: out of order");
}

TEST(explore, counts_a_failed_assertion_of_gtest_as_a_failure_of_the_run) {
    const auto found = find_failure(with_seeds(5), [] { EXPECT_EQ(1 + 1, 3) << "sums"; });
    ASSERT_TRUE(found.has_value());
    EXPECT_NE(found->failure.find("explore_test.cpp:"), std::string::npos) << found->failure;
    EXPECT_NE(found->failure.find("sums"), std::string::npos) << found->failure;
}

TEST(explore, checks_the_invariant_after_each_turn) {
    int value = 0;
    explore_options how = with_seeds(0);
    how.invariant = [&value] { return value == 3 ? std::string{"it is 3"} : std::string{}; };
    const auto body = [&value]() -> task<> {
        for (value = 0; value < 5; ++value) {
            co_await yield();
        }
    };
    const auto found = find_failure(how, body);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->failure, "the invariant does not hold: it is 3");
    EXPECT_EQ(value, 3) << "the run went on";
    how.invariant = [&value] { return value == 6 ? std::string{"it is 6"} : std::string{}; };
    EXPECT_FALSE(find_failure(how, body).has_value());
    how.invariant = []() -> std::string { throw std::runtime_error{"thrown"}; };
    EXPECT_EQ(find_failure(how, body)->failure, "the invariant does not hold: thrown");
    how.invariant = []() -> std::string { throw 7; };
    EXPECT_EQ(find_failure(how, body)->failure,
              "the invariant does not hold: an exception that is no std::exception");
    how.invariant = []() -> std::string { throw std::runtime_error{""}; };
    EXPECT_EQ(find_failure(how, body)->failure, "the invariant does not hold: ");
}

TEST(explore, fails_a_run_whose_choice_of_victims_throws) {
    explore_options how = with_seeds(0);
    how.victims = [](const pid&) -> bool { throw 7; };
    const auto found = find_failure(how, []() -> task<> { co_await yield(); });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->failure, "`victims` threw: an exception that is no std::exception");
}

TEST(explore, is_refused_in_the_body_of_an_exploration) {
    const auto inner = []() -> task<> { co_return; };
    const auto found = find_failure(with_seeds(0), [&inner](sim_world&) {
        EXPECT_THROW((void)find_failure(with_seeds(0), inner), std::logic_error);
    });
    EXPECT_FALSE(found.has_value());
    EXPECT_FALSE(find_failure(with_seeds(0), inner).has_value());
}

TEST(explore, fails_a_run_that_does_not_come_to_rest_at_the_limit_of_turns) {
    const auto body = []() -> task<> {
        for (int i = 0; i < 98; ++i) {
            co_await yield();
        }
    };
    explore_options how = with_seeds(0);
    how.turns_max = 10;
    const auto found = find_failure(how, body);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->failure, "the run does not come to rest: 10 turns");
    std::uint64_t needed = 0;
    for (how.turns_max = 90; find_failure(how, body); ++how.turns_max) {
        needed = how.turns_max + 1;
    }
    sim_world world{1};
    world.run(body);
    EXPECT_EQ(needed, world.turns());
}

TEST(explore, fails_a_run_whose_process_outlasts_the_time) {
    explore_options how = with_seeds(0);
    how.time_max = 10s;
    EXPECT_FALSE(find_failure(how, []() -> task<> { co_await sleep(10s); }).has_value());
    const auto found = find_failure(how, []() -> task<> { co_await sleep(10s + 1ns); });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->failure, "the process of the body has not ended after 10 s of virtual time");
}

TEST(explore, stops_to_shrink_at_its_limit_of_runs) {
    explore_options how = with_seeds(100);
    how.shrink_runs = 0;
    const auto found = find_failure(how, test::lost_update);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->shrink_runs, 1U) << "the run that repeats the plan is no part of the limit";
    how.shrink_runs = 3;
    EXPECT_EQ(find_failure(how, test::lost_update)->shrink_runs, 4U);
}

TEST(explore, says_that_a_body_depends_on_more_than_the_plan) {
    int runs = 0;
    const auto found = find_failure(with_seeds(5), [&runs] {
        if (++runs == 3) {
            throw std::runtime_error{"the third run"};
        }
    });
    ASSERT_TRUE(found.has_value());
    EXPECT_FALSE(found->repeats);
    EXPECT_NE(found->report.find("the body depends on something besides the plan"),
              std::string::npos)
        << found->report;
}

TEST(explore, refuses_options_that_cannot_work) {
    const auto refused = [](auto set) {
        explore_options how = with_seeds(1);
        set(how);
        EXPECT_THROW(static_cast<void>(find_failure(how, [] {})), std::invalid_argument);
    };
    refused([](explore_options& how) { how.turns_max = 0; });
    refused([](explore_options& how) { how.delay_max = 1ms - 1ns; });
    refused([](explore_options& how) { how.time_max = -1ns; });
    explore_options least = with_seeds(1);
    least.turns_max = 100;
    least.delay_max = 1ms;
    least.time_max = 0ns;
    EXPECT_FALSE(find_failure(least, [] {}).has_value());
}

}  // namespace
}  // namespace coppice
