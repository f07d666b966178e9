// SPDX-License-Identifier: Apache-2.0

#include "base/spin_lock.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace coppice::base {
namespace {

TEST(spin_lock, admits_one_thread_at_a_time) {
    constexpr int threads = 4;
    constexpr int turns = 20000;
    spin_lock lock;
    int counted = 0;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&] {
            for (int i = 0; i < turns; ++i) {
                const std::scoped_lock inside{lock};
                ++counted;
            }
        });
    }
    for (std::thread& each : all) {
        each.join();
    }
    EXPECT_EQ(counted, threads * turns);
}

}  // namespace
}  // namespace coppice::base
