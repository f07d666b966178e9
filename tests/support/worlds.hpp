// SPDX-License-Identifier: Apache-2.0
// Runs one test body in every kind of runtime: the simulator under several schedules, and runtimes with 1, 2
// and 4 scheduler threads. The result has to be the same in all.

#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice::test {

template <class Body>
void run_simulated(Body body, std::uint64_t seeds = 5) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("simulated with seed " + std::to_string(seed));
        testing::sim_world world{seed};
        const std::optional<exit_reason> ended = world.run(body);
        ASSERT_TRUE(ended.has_value()) << "the test's process did not end";
        EXPECT_EQ(*ended, reason::normal);
        EXPECT_EQ(world.broken_invariants(), std::vector<std::string>{});
    }
}

template <class Body>
void run_on_workers(unsigned workers, Body body,
                    runtime_options options = testing::sim_world::quiet()) {
    SCOPED_TRACE("with " + std::to_string(workers) + " workers");
    options.workers = workers;
    runtime world{options};
    world.start();
    const pid main = world.spawn(body);
    const std::optional<exit_reason> ended = world.wait(main, std::chrono::seconds{90});
    ASSERT_TRUE(ended.has_value()) << "the test's process did not end";
    EXPECT_TRUE(*ended == reason::normal || *ended == reason::noproc) << to_string(*ended);
    EXPECT_TRUE(static_cast<bool>(world.stop()));
    EXPECT_EQ(world.process_count(), 0U);
}

template <class Body>
void run_everywhere(Body body) {
    run_simulated(body);
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, body);
    }
}

/// Waits for the message of a monitor and returns the exit reason.
inline task<exit_reason> down_of(ref watching) {
    auto waiting = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                                [](const down_message& m) { return m.why; }));
    co_return co_await waiting;
}

/// Waits for the end of a process and returns the exit reason. The monitor begins at the `co_await`: for a process
/// already dead, the reason is `noproc`. A test with an expected reason uses `coming_end`.
inline task<exit_reason> end_of(pid who) {
    co_return co_await down_of(monitor(who));
}

/// The end of a living process. The monitor begins with the construction.
class coming_end {
  public:
    explicit coming_end(pid who) : watching_{monitor(who)} {}
    task<exit_reason> why() const { return down_of(watching_); }

  private:
    ref watching_;
};

}  // namespace coppice::test
