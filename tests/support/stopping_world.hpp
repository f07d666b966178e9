// SPDX-License-Identifier: Apache-2.0
// Runtimes for tests of the stop.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice::test {

/// Notes from any thread.
class diary {
  public:
    void note(std::string what) {
        const std::scoped_lock lock{mutex_};
        notes_.push_back(std::move(what));
    }
    std::vector<std::string> notes() const {
        const std::scoped_lock lock{mutex_};
        return notes_;
    }
    /// For notes of processes that were asked at the same time.
    std::vector<std::string> sorted_notes() const {
        std::vector<std::string> out = notes();
        std::ranges::sort(out);
        return out;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> notes_;
};

/// A runtime to stop, of each kind. The data shared by the processes of a test are new for each.
struct stopping_world {
    explicit stopping_world(runtime& w) : world{w} { here = this; }

    runtime& world;
    diary said;
    std::atomic<int> ready{0};
    /// The instance of the present test, for its processes.
    static inline stopping_world* here = nullptr;

    /// Returns when `wanted` processes are ready.
    void wait_for(int wanted) const {
        while (ready < wanted) {
            world.run([] {});
        }
    }
};

inline void in_every_world(const std::function<void(stopping_world&)>& test) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        SCOPED_TRACE("simulated with seed " + std::to_string(seed));
        testing::sim_world world{seed};
        stopping_world on{world.system()};
        test(on);
    }
    for (const unsigned workers : {1U, 2U, 4U}) {
        SCOPED_TRACE("with " + std::to_string(workers) + " workers");
        runtime_options options = testing::sim_world::quiet();
        options.workers = workers;
        runtime world{options};
        world.start();
        stopping_world on{world};
        test(on);
    }
}

inline runtime_options workers(unsigned count,
                               std::chrono::nanoseconds stuck_after = std::chrono::milliseconds{
                                   100}) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = count;
    options.stuck_after = stuck_after;
    return options;
}

}  // namespace coppice::test
