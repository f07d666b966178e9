// SPDX-License-Identifier: Apache-2.0
// One thread at a time fires a queue, up to the end of each action, and runs no user destructor meanwhile.

#include <gtest/gtest.h>

#include <climits>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "time/timer_queue.hpp"

namespace coppice::time {
namespace {

using namespace std::chrono_literals;

struct doing final : timer_action {
    explicit doing(std::function<void()> w) : what{std::move(w)} {}
    void fire() noexcept override { what(); }
    std::function<void()> what;
};

/// An undelivered action. Notes its destruction.
struct returned final : timer_action {
    explicit returned(std::function<void()> w) : when_destroyed{std::move(w)} {}
    ~returned() override { when_destroyed(); }
    void fire() noexcept override {}
    bool is_spent() const noexcept override { return false; }
    std::function<void()> when_destroyed;
};

class firing_order : public ::testing::Test {
  protected:
    void add(nanoseconds deadline, std::function<void()> what) {
        queue.add(deadline, 0, std::make_unique<doing>(std::move(what)));
    }
    timer_queue queue;
};

TEST_F(firing_order, is_kept_when_a_second_thread_comes_while_an_action_lasts) {
    std::vector<int> order;
    unsigned fired_by_second = 1;
    add(1ns, [&] {
        std::thread second{[&] { fired_by_second = queue.fire_due(2ns, UINT_MAX); }};
        second.join();
        order.push_back(1);
    });
    add(2ns, [&] { order.push_back(2); });
    EXPECT_EQ(queue.fire_due(2ns, UINT_MAX), 2U);
    EXPECT_EQ(fired_by_second, 0U);
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(firing_order, lets_other_threads_set_and_cancel_timers_during_an_action) {
    bool cancelled = false;
    add(1ns, [&] {
        std::thread other{[&] {
            const timer_id set =
                queue.add(1ns, 0, std::make_unique<doing>([] { FAIL() << "was cancelled"; })).id;
            cancelled = queue.cancel(set).has_value();
        }};
        other.join();
    });
    EXPECT_EQ(queue.fire_due(1ns, UINT_MAX), 1U);
    EXPECT_TRUE(cancelled);
}

TEST_F(firing_order, destroys_undelivered_actions_when_the_queue_can_fire_again) {
    unsigned fired_meanwhile = 0;
    bool later_had_fired = false;
    queue.add(1ns, 0,
              std::make_unique<returned>([&] { fired_meanwhile = queue.fire_due(9ns, UINT_MAX); }));
    add(2ns, [&] { later_had_fired = fired_meanwhile == 0; });
    add(9ns, [] {});
    EXPECT_EQ(queue.fire_due(2ns, UINT_MAX), 2U);
    EXPECT_TRUE(later_had_fired);
    EXPECT_EQ(fired_meanwhile, 1U);
}

TEST_F(firing_order, resumes_where_the_last_portion_ended) {
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) {
        add(nanoseconds{i}, [&order, i] { order.push_back(i); });
    }
    EXPECT_EQ(queue.fire_due(9ns, 2), 2U);
    EXPECT_EQ(queue.fire_due(9ns, 2), 2U);
    EXPECT_EQ(queue.fire_due(9ns, 2), 1U);
    EXPECT_EQ(queue.fire_due(9ns, 2), 0U);
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(timer_queue, reports_whether_a_new_timer_makes_a_sleeper_wake_earlier) {
    timer_queue queue;
    const auto add = [&](nanoseconds deadline) {
        return queue.add(deadline, 0, std::make_unique<doing>([] {})).sooner;
    };
    EXPECT_TRUE(add(100ns));
    EXPECT_FALSE(add(100ns));
    EXPECT_FALSE(add(200ns));
    EXPECT_TRUE(add(99ns));
    EXPECT_TRUE(queue.add_undated(1h, 0, std::make_unique<doing>([] {})).sooner);
    EXPECT_FALSE(queue.add_undated(1h, 0, std::make_unique<doing>([] {})).sooner);
    EXPECT_FALSE(add(1ns));  // the dating of undated timers sees this one
}

}  // namespace
}  // namespace coppice::time
