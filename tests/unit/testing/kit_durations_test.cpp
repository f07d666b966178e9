// SPDX-License-Identifier: Apache-2.0
// Every duration that a test can give to the kit, at the edges of the range. The places are named for
// tools/check_durations.

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "coppice/coppice.hpp"
#include "coppice/testing/explore.hpp"
#include "coppice/testing/gtest.hpp"
#include "coppice/testing/start_supervised.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using testing::assert_down;
using testing::assert_receive;
using testing::assertion_failed;
using testing::eventually;
using testing::refute_receive;
using testing::sim_world;

constexpr nanoseconds longest[] = {nanoseconds::max(), nanoseconds::max() - 1ns,
                                   nanoseconds::max() / 2};
constexpr nanoseconds negative[] = {-1ns, nanoseconds::min()};

/// Whether the assertion fails, or refuses the time.
template <class Body>
bool fails(Body body) {
    sim_world world{1};
    const auto ended = world.run(body, nanoseconds::max());
    return ended != reason::normal;
}

TEST(every_time_of_the_kit, may_be_longer_than_any_wait) {
    for (const nanoseconds time : longest) {
        SCOPED_TRACE(time.count());
        EXPECT_FALSE(fails([time]() -> task<> {
            send_after(1h, self(), 1);
            auto any = assert_receive<int>(time);  // assertions.hpp:assert_receive
            co_await any;
            const pid ends = spawn([]() -> task<> { co_await sleep(1h); });
            auto down = assert_down(ends, time);  // assertions.hpp:assert_down
            co_await down;
            const auto later = monotonic_time() + 1h;
            // assertions.hpp:eventually
            auto holds = eventually([later] { return monotonic_time() >= later; }, time, 1min);
            co_await holds;
            auto rarely = eventually([later] { return monotonic_time() > later; }, 1h, time);
            co_await rarely;
        }));
        sim_world world{1};
        eventually(
            world, [&world] { return world.now() >= 1h; }, time, time);  // assertions.hpp:every
        const bool outlasts_the_world = time > nanoseconds::max() / 2;
        EXPECT_EQ(outlasts_the_world, fails([time]() -> task<> {
                      auto none = refute_receive<int>(time);  // assertions.hpp:refute_receive
                      co_await none;
                  }));
    }
}

TEST(every_time_of_the_kit, may_be_negative_for_no_wait) {
    for (const nanoseconds time : negative) {
        SCOPED_TRACE(time.count());
        EXPECT_TRUE(fails([time]() -> task<> {
            auto waiting = assert_receive<int>(time);  // assertions.hpp:fail_to_receive
            co_await waiting;
        }));
        EXPECT_TRUE(fails([time]() -> task<> {
            auto waiting = eventually([] { return false; }, time);
            co_await waiting;
        }));
        EXPECT_FALSE(fails([time]() -> task<> {
            auto waiting = eventually([] { return true; }, time);
            co_await waiting;
        }));
        sim_world world{1};
        // assertions.hpp:require_positive
        EXPECT_THROW(eventually(world, [] { return true; }, 1s, time), std::invalid_argument);
        EXPECT_THROW(eventually(
                         world, [] { return false; }, time),
                     assertion_failed);  // assertions.hpp:shorter
        EXPECT_EQ(world.now(), 0ns);
    }
}

TEST(every_time_of_the_kit, of_an_exploration_is_right_or_refused) {
    for (const nanoseconds time : longest) {
        testing::explore_options how;
        how.seeds = 20;
        how.delay_max = time;  // explore.hpp:delay_max
        how.time_max = time;   // explore.hpp:time_max, explore.hpp:limit
        testing::explore(how, []() -> task<> { co_await sleep(1h); });
    }
    for (const nanoseconds time : negative) {
        testing::explore_options how;
        how.delay_max = time;
        EXPECT_THROW(testing::explore(how, [] {}), std::invalid_argument);
        how.delay_max = 1s;
        how.time_max = time;
        EXPECT_THROW(testing::explore(how, [] {}), std::invalid_argument);
    }
}

}  // namespace
}  // namespace coppice
