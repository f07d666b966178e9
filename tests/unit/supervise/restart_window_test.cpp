// SPDX-License-Identifier: Apache-2.0
// The window against OTP's algorithm: a list of seconds, newest first, without the seconds older than the
// period, both ends included.

#include "supervise/restart_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace coppice::supervise {
namespace {

class model {
  public:
    model(std::int64_t max, std::int64_t period) : max_{max}, period_{period} {}
    bool account(std::int64_t now) {
        std::vector<std::int64_t> kept{now};
        for (const std::int64_t each : restarts) {
            if (each < now - period_) {
                break;
            }
            kept.push_back(each);
        }
        restarts = std::move(kept);
        return static_cast<std::int64_t>(restarts.size()) <= max_;
    }
    std::vector<std::int64_t> restarts;

  private:
    std::int64_t max_;
    std::int64_t period_;
};

TEST(restart_window, tolerates_max_restarts_and_not_one_more) {
    for (const int max : {1, 2, 3, 10}) {
        SCOPED_TRACE(max);
        restart_window window{max, 5};
        for (int i = 0; i < max; ++i) {
            EXPECT_TRUE(window.account(100));
        }
        EXPECT_FALSE(window.account(100));
    }
}

TEST(restart_window, tolerates_no_restart_at_all_when_the_maximum_is_0) {
    restart_window window{0, 5};
    EXPECT_FALSE(window.account(0));
    restart_window later{0, 5};
    EXPECT_FALSE(later.account(1'000'000));
}

TEST(restart_window, counts_a_restart_that_is_exactly_the_period_old) {
    for (const std::int64_t period : {1, 2, 5, 3600}) {
        SCOPED_TRACE(period);
        restart_window window{1, period};
        EXPECT_TRUE(window.account(50));
        EXPECT_FALSE(window.account(50 + period));
    }
}

TEST(restart_window, forgets_a_restart_a_second_after_that) {
    for (const std::int64_t period : {1, 2, 5, 3600}) {
        SCOPED_TRACE(period);
        restart_window window{1, period};
        EXPECT_TRUE(window.account(50));
        EXPECT_TRUE(window.account(50 + period + 1));
        EXPECT_EQ(window.recent(), 1);
    }
}

TEST(restart_window, measures_the_period_back_from_the_latest_restart) {
    restart_window window{2, 5};
    EXPECT_TRUE(window.account(0));
    EXPECT_TRUE(window.account(3));
    EXPECT_TRUE(window.account(6));  // 0 is gone, 3 is not
    EXPECT_EQ(window.recent(), 2);
    EXPECT_FALSE(window.account(8));  // 3, 6 and 8
    EXPECT_EQ(window.recent(), 3);
}

TEST(restart_window, counts_all_restarts_of_one_second) {
    restart_window window{1000, 1};
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(window.account(7));
    }
    EXPECT_EQ(window.recent(), 1000);
    EXPECT_FALSE(window.account(8));
    EXPECT_TRUE(window.account(10));  // 7 is gone with all its restarts, 8 too
    EXPECT_EQ(window.recent(), 1);
}

TEST(restart_window, works_from_a_clock_that_begins_below_0) {
    restart_window window{1, 2};
    EXPECT_TRUE(window.account(-5));
    EXPECT_FALSE(window.account(-3));
    EXPECT_TRUE(window.account(0));
}

TEST(restart_window, matches_the_model_for_every_short_history) {
    // All histories of six restarts with gaps of 0 to 3 seconds.
    for (int max = 0; max <= 4; ++max) {
        for (std::int64_t period = 1; period <= 3; ++period) {
            for (unsigned history = 0; history < 4096; ++history) {
                restart_window window{max, period};
                model expected{max, period};
                std::int64_t now = 10;
                for (unsigned step = 0; step < 6; ++step) {
                    now += (history >> (2 * step)) & 3U;
                    ASSERT_EQ(window.account(now), expected.account(now))
                        << "max " << max << ", period " << period << ", history " << history
                        << ", step " << step;
                    ASSERT_EQ(window.recent(), static_cast<std::int64_t>(expected.restarts.size()));
                }
            }
        }
    }
}

TEST(restart_window, matches_the_model_in_long_random_histories) {
    for (std::uint32_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        const auto below = [&](std::int64_t limit) {
            return static_cast<std::int64_t>(random()) % limit;
        };
        const std::int64_t max = below(20);
        const std::int64_t period = 1 + below(30);
        restart_window window{max, period};
        model expected{max, period};
        std::int64_t now = 0;
        for (int step = 0; step < 500; ++step) {
            now += below(3) == 0 ? below(2 * period) : 0;
            ASSERT_EQ(window.account(now), expected.account(now));
            ASSERT_EQ(window.recent(), static_cast<std::int64_t>(expected.restarts.size()));
        }
    }
}

}  // namespace
}  // namespace coppice::supervise
