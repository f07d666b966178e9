// SPDX-License-Identifier: Apache-2.0

#include "sched/leftovers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "time/timer_action.hpp"

namespace coppice::sched {
namespace {

/// A timer action that never fires. The destructor calls `at_end`.
struct undelivered final : time::timer_action {
    explicit undelivered(std::function<void()> last) : at_end{std::move(last)} {}
    undelivered(const undelivered&) = delete;
    undelivered& operator=(const undelivered&) = delete;
    ~undelivered() override { at_end(); }
    void fire() noexcept override {}

    std::function<void()> at_end;
};

time::timer_list list_of(std::function<void()> at_end) {
    time::timer_list out{};
    out.append(*new undelivered{std::move(at_end)});
    return out;
}

TEST(leftovers, added_during_their_turn_belong_to_that_turn) {
    leftovers all;
    int destroyed = 0;
    bool needs_another_turn = true;
    const auto first = list_of([&] {
        ++destroyed;
        needs_another_turn = all.add(list_of([&] { ++destroyed; }));
    });
    EXPECT_TRUE(all.add(first));
    EXPECT_FALSE(all.add(list_of([&] { ++destroyed; }))) << "it is enqueued already";
    all.run_turn();
    EXPECT_FALSE(needs_another_turn);
    EXPECT_EQ(destroyed, 3);
    EXPECT_TRUE(all.add(list_of([&] { ++destroyed; }))) << "the turn is over";
    all.run_turn();
    EXPECT_EQ(destroyed, 4);
}

}  // namespace
}  // namespace coppice::sched
