// SPDX-License-Identifier: Apache-2.0
// A few processes that link, monitor, name, message, time and end each other at random, while signals are in
// transit. All processes agree once every signal has arrived.
//
// COPPICE_SEED=S begins with seed S.

#include "coppice/testing/sim_world.hpp"
#include "support/actor.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t plays = 3000;
constexpr std::size_t cast_size = 5;
constexpr int moves = 40;

/// The number of processes alive at the end.
std::size_t run_play(std::uint64_t seed) {
    runtime_options options = testing::sim_world::quiet();
    options.delays = static_cast<signal_delays>(seed % 3);
    testing::sim_world world{seed, options};
    std::size_t alive = 0;
    const auto ended = world.run([&]() -> task<> {
        auto performing = perform(seed, cast_size, moves, 1s);
        alive = co_await performing;
    });
    EXPECT_EQ(ended, reason::normal);
    world.advance(1s);
    EXPECT_EQ(world.system().process_count(), 0U);
    EXPECT_EQ(world.broken_invariants(), std::vector<std::string>{});
    return alive;
}

TEST(random_processes, agree_in_the_end_whichever_signals_crossed) {
    const std::uint64_t first = testing::seed_from_environment();
    std::size_t survivors = 0;
    for (std::uint64_t seed = first; seed < first + plays; ++seed) {
        SCOPED_TRACE("COPPICE_SEED=" + std::to_string(seed));
        survivors += run_play(seed);
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_GT(survivors, plays / 2) << "too many die for anything to be compared";
}

}  // namespace
}  // namespace coppice::test
