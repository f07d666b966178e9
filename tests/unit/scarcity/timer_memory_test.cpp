// SPDX-License-Identifier: Apache-2.0
// Timers of ended owners keep no memory.

#include <memory>

#include "support/sanitizers.hpp"
#include "support/scarce_memory.hpp"
#include "time/timer_queue.hpp"

namespace coppice::time {
namespace {

using namespace std::chrono_literals;

struct nothing final : timer_action {
    void fire() noexcept override {}
};

void live_and_end(timer_queue& queue, std::uint64_t owner) {
    queue.add(1h, owner, std::make_unique<nothing>());
    queue.cancel_all_of(owner);
}

TEST(timers, of_owners_that_have_ended_take_no_memory) {
    if (test::under_asan || test::under_tsan) {
        GTEST_SKIP() << "the pool is operator new under a sanitizer";
    }
    constexpr long plenty = 1'000'000;
    timer_queue queue;
    std::uint64_t owner = 0;
    while (owner < 1000) {
        live_and_end(queue, ++owner);
    }
    test::scarcity_here() = {.until_failure = plenty, .failures_left = 1, .failed = false};
    while (owner < 100'000) {
        live_and_end(queue, ++owner);
    }
    const long taken = plenty - std::exchange(test::scarcity_here().until_failure, 0);
    EXPECT_EQ(taken, 0);
}

}  // namespace
}  // namespace coppice::time
