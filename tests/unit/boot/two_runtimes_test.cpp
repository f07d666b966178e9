// SPDX-License-Identifier: Apache-2.0
// Several runtimes in one program; processes of one runtime use another. No thread uses data of the
// scheduler threads of another runtime.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/turn.hpp"
#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

runtime_options with_workers(unsigned count) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = count;
    return options;
}

/// Draws a share of tags. Several processes draw at once.
std::vector<std::uint64_t> draw(detail::runtime_core& from, std::atomic<unsigned>& ready,
                                unsigned drawers) {
    std::vector<std::uint64_t> out(20'000);
    for (++ready; ready < drawers;) {
        std::this_thread::yield();
    }
    std::ranges::generate(out, [&] { return from.new_tag(); });
    return out;
}

TEST(a_runtime, gives_no_tag_twice_to_the_processes_of_other_runtimes) {
    constexpr unsigned drawers = 4;
    runtime first{with_workers(3)};
    runtime second{with_workers(1)};
    first.start();
    second.start();
    detail::runtime_core& drawn_from = *runtime_access::impl(second).core;
    std::vector<std::vector<std::uint64_t>> drawn(drawers);
    std::atomic<unsigned> ready{0};
    std::vector<pid> drawing;
    for (unsigned i = 0; i < drawers; ++i) {
        runtime& world = i == 0 ? second : first;
        drawing.push_back(world.spawn([&, i] { drawn[i] = draw(drawn_from, ready, drawers); }));
    }
    EXPECT_TRUE(second.wait(drawing[0], test::patience).has_value());
    for (unsigned i = 1; i < drawers; ++i) {
        EXPECT_TRUE(first.wait(drawing[i], test::patience).has_value());
    }
    std::vector<std::uint64_t> all;
    for (const auto& each : drawn) {
        all.insert(all.end(), each.begin(), each.end());
    }
    std::ranges::sort(all);
    EXPECT_EQ(all.size(), drawers * 20'000U);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST(a_worker, has_no_lane_in_another_runtime) {
    runtime first{with_workers(2)};
    runtime second{with_workers(2)};
    first.start();
    unsigned there = 0;
    unsigned here = sched::scheduler::no_lane;
    first.run([&] {
        there = runtime_access::impl(second).core->scheduler().local_lane();
        here = runtime_access::impl(first).core->scheduler().local_lane();
    });
    EXPECT_EQ(there, sched::scheduler::no_lane);
    EXPECT_LT(here, 2U);
}

TEST(a_turn, goes_on_as_before_after_a_simulation_within_it) {
    test::run_everywhere([]() -> task<> {
        const pid me = self();
        const std::uint64_t ends_at = base::turn_here().ends_at;
        EXPECT_GT(ends_at, 0U);
        {
            testing::sim_world inner;
            inner.run([]() -> task<> { co_await yield(); });
            EXPECT_EQ(self(), me);
            EXPECT_EQ(base::turn_here().ends_at, ends_at);
        }
        EXPECT_EQ(self(), me);
        EXPECT_EQ(base::turn_here().ends_at, ends_at);
        co_return;
    });
}

}  // namespace
}  // namespace coppice
