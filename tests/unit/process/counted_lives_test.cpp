// SPDX-License-Identifier: Apache-2.0
// Each thread counts the starts and the ends of processes for itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <thread>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"
#include "support/sanitizers.hpp"

namespace coppice {
namespace {

constexpr std::uint64_t spawners = 8;
constexpr std::uint64_t children = test::under_tsan ? 200 : 2'000;  // of each spawner
constexpr std::uint64_t from_outside = 50;

task<> spawn_many() {
    for (std::uint64_t i = 0; i < children; ++i) {
        spawn([] {});
    }
    co_return;
}

/// A thread that asks for the number of processes again and again.
class onlooker {
  public:
    explicit onlooker(const runtime& watched)
        : thread_{[this, &watched] {
              while (!done_.load(std::memory_order_relaxed)) {
                  const std::uint64_t alive = watched.process_count();
                  most_ = std::max(most_, alive);
              }
          }} {}
    ~onlooker() { stop(); }
    onlooker(const onlooker&) = delete;
    onlooker& operator=(const onlooker&) = delete;

    std::uint64_t most_seen() {
        stop();
        return most_;
    }

  private:
    void stop() {
        done_.store(true, std::memory_order_relaxed);
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    std::atomic<bool> done_{false};
    std::uint64_t most_ = 0;
    std::thread thread_;
};

struct setting {
    unsigned threads;
    std::size_t events_kept;

    friend void PrintTo(const setting& told, std::ostream* to) {
        *to << told.threads << " threads, " << told.events_kept << " events";
    }
};

class counted_lives : public testing::TestWithParam<setting> {};

TEST_P(counted_lives, of_all_threads_are_counted_and_ends_never_exceed_starts) {
    runtime world{{.workers = GetParam().threads, .events_kept = GetParam().events_kept}};
    world.start();
    const runtime_statistics before = world.statistics();
    onlooker seen{world};
    world.run([]() -> task<> {
        for (std::uint64_t i = 0; i < spawners; ++i) {
            spawn(spawn_many);
        }
        co_return;
    });
    for (std::uint64_t i = 0; i < from_outside; ++i) {
        world.spawn([] {});
    }
    EXPECT_TRUE(test::eventually([&] { return world.process_count() == before.processes; }));
    const std::uint64_t all = 1 + spawners * (1 + children) + from_outside;
    EXPECT_LE(seen.most_seen(), before.processes + all) << "more ends than starts were seen";
    const runtime_statistics after = world.statistics();
    EXPECT_EQ(after.spawns - before.spawns, all);
    EXPECT_EQ(after.exits - before.exits, all);
}

INSTANTIATE_TEST_SUITE_P(on, counted_lives,
                         testing::Values(setting{1, 4096}, setting{4, 4096}, setting{4, 0}),
                         [](const testing::TestParamInfo<setting>& tried) {
                             return std::to_string(tried.param.threads) + "_threads_with_" +
                                    std::to_string(tried.param.events_kept) + "_events";
                         });

}  // namespace
}  // namespace coppice
