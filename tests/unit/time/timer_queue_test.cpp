// SPDX-License-Identifier: Apache-2.0

#include "time/timer_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace coppice::time {
namespace {

class noting final : public timer_action {
  public:
    noting(std::vector<int>& fired, int number) : fired_{fired}, number_{number} {}
    void fire() noexcept override { fired_.push_back(number_); }

  private:
    std::vector<int>& fired_;
    int number_;
};

class timer_queue_test : public ::testing::Test {
  protected:
    timer_id add(int due, int number, std::uint64_t owner = 0) {
        return queue.add(nanoseconds{due}, owner, std::make_unique<noting>(fired, number));
    }
    void fire_until(int now) {
        while (auto action = queue.take_due(nanoseconds{now})) {
            action->fire();
        }
    }

    std::vector<int> fired;
    timer_queue queue;
};

TEST_F(timer_queue_test, fires_what_is_due_and_not_a_nanosecond_early) {
    add(10, 1);
    fire_until(9);
    EXPECT_TRUE(fired.empty());
    EXPECT_EQ(queue.next_due(), nanoseconds{10});
    fire_until(10);
    EXPECT_EQ(fired, std::vector<int>{1});
    EXPECT_EQ(queue.next_due(), never);
}

TEST_F(timer_queue_test, fires_what_is_due_at_once_in_the_order_in_which_it_was_set) {
    for (int i = 0; i < 20; ++i) {
        add(5, i);
    }
    fire_until(5);
    EXPECT_EQ(fired.size(), 20U);
    EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST_F(timer_queue_test, says_of_a_cancelled_timer_when_it_was_due_and_only_once) {
    const timer_id set = add(7, 1);
    EXPECT_EQ(queue.deadline_of(set), nanoseconds{7});
    EXPECT_EQ(queue.cancel(set), nanoseconds{7});
    EXPECT_EQ(queue.cancel(set), std::nullopt);
    EXPECT_EQ(queue.deadline_of(set), std::nullopt);
    fire_until(100);
    EXPECT_TRUE(fired.empty());
}

TEST_F(timer_queue_test, does_not_take_a_new_timer_in_an_old_slot_for_the_old_one) {
    const timer_id old = add(7, 1);
    queue.cancel(old);
    add(8, 2);
    EXPECT_EQ(queue.cancel(old), std::nullopt);
    fire_until(8);
    EXPECT_EQ(fired, std::vector<int>{2});
}

TEST_F(timer_queue_test, cancels_all_of_an_owner_and_of_nobody_else) {
    add(1, 1, 42);
    add(2, 2, 43);
    add(3, 3, 42);
    add(4, 4);
    queue.cancel_all_of(42);
    fire_until(10);
    EXPECT_EQ(fired, (std::vector<int>{2, 4}));
}

TEST_F(timer_queue_test, agrees_with_a_sorted_list_whatever_is_added_and_cancelled) {
    struct entry {
        int due;
        int number;
        timer_id id;
    };
    std::mt19937 random{7};
    std::vector<entry> model;
    std::vector<int> expected;
    int now = 0;
    for (int number = 0; number < 20'000; ++number) {
        const auto what = random() % 10;
        if (what < 6 || model.empty()) {
            const int due = now + static_cast<int>(random() % 100);
            model.push_back({due, number, add(due, number)});
        } else if (what < 8) {
            const auto at = static_cast<std::ptrdiff_t>(random() % model.size());
            ASSERT_EQ(queue.cancel(model[static_cast<std::size_t>(at)].id),
                      nanoseconds{model[static_cast<std::size_t>(at)].due});
            model.erase(model.begin() + at);
        } else {
            now += static_cast<int>(random() % 20);
            std::stable_sort(model.begin(), model.end(),
                             [](const entry& a, const entry& b) { return a.due < b.due; });
            while (!model.empty() && model.front().due <= now) {
                expected.push_back(model.front().number);
                model.erase(model.begin());
            }
            std::sort(model.begin(), model.end(),
                      [](const entry& a, const entry& b) { return a.number < b.number; });
            fire_until(now);
            ASSERT_EQ(fired, expected);
        }
    }
    EXPECT_GT(expected.size(), 1000U);
}

}  // namespace
}  // namespace coppice::time
