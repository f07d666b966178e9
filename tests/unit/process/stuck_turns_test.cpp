// SPDX-License-Identifier: Apache-2.0
// The sentinel may report a turn as stuck just when the turn ends.

#include "process/stuck_turns.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "process/process.hpp"
#include "process/runtime_core.hpp"
#include "support/looked_after.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;

/// The counters of a scheduler thread in its second turn.
struct observed_thread {
    std::atomic<std::uint64_t> turns{2};
    std::atomic<sched::runnable*> running{nullptr};

    sched::turn_in_progress second_turn_of(const detail::process& whose) const {
        return {whose, turns, running, 2};
    }
};

void report_stuck(detail::process& whose, const observed_thread& on) {
    std::thread{[&] {
        process_layer::stuck_turns& known = whose.world().stuck_turns_now();
        known.turn_is_stuck(whose, on.second_turn_of(whose), 0, 1s);
    }}.join();
}

runtime_options without_samples() {
    runtime_options options = test::undisturbed();
    options.sample_stuck_stacks = false;
    return options;
}

TEST(a_stuck_turn, is_named_until_it_is_over) {
    test::run_on_workers(
        1,
        [] {
            detail::process& me = *base::current_process();
            const process_layer::stuck_turns& known = me.world().stuck_turns_now();
            observed_thread on;
            on.running = &me;
            report_stuck(me, on);
            const auto named = known.all();
            ASSERT_EQ(named.size(), 1U);
            EXPECT_EQ(named[0].process, self());
            EXPECT_FALSE(named[0].has_ended);
            on.running = nullptr;
            EXPECT_TRUE(known.all().empty());
            on.running = &me;
            on.turns = 3;
            EXPECT_TRUE(known.all().empty());
            me.world().stuck_turns_now().turn_ended(me, 1s);
        },
        without_samples());
}

TEST(a_stuck_turn, that_is_over_names_no_process_of_the_free_slot) {
    test::run_on_workers(
        1,
        []() -> task<> {
            const pid brief = spawn([] {});
            auto ending = test::end_of(brief);
            co_await ending;
            detail::runtime_core& world = detail::current_runtime();
            detail::process& slot = world.to_pids().table().slot(brief.index());
            const observed_thread on;
            report_stuck(slot, on);
            EXPECT_TRUE(world.stuck_turns_now().all().empty());
        },
        without_samples());
}

}  // namespace
}  // namespace coppice
