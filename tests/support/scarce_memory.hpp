// SPDX-License-Identifier: Apache-2.0
// Memory that runs out at a chosen allocation of the requesting thread. The failing operator new is in
// scarcity/scarce_memory_test.cpp.
//
// While memory is scarce every allocation counts, including allocations of the pool, and including
// allocations of other processes with turns on the same thread, as in a simulation.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../testing/invariant_checker.hpp"
#include "boot/runtime_access.hpp"
#include "coppice/coppice.hpp"
#include "platform/pool_bypass.hpp"

namespace coppice::test {

struct scarcity {
    /// Allocations until the first failure, inclusive. 0: none fails.
    long until_failure = 0;
    long failures_left = 0;
    bool failed = false;
};
/// The state of the calling thread.
scarcity& scarcity_here() noexcept;

/// Lets allocations succeed during its lifetime: for code outside of the test.
class plenty {
  public:
    plenty() noexcept : kept_{std::exchange(scarcity_here().until_failure, 0)} {}
    plenty(const plenty&) = delete;
    plenty& operator=(const plenty&) = delete;
    ~plenty() { scarcity_here().until_failure = kept_; }

  private:
    long kept_;
};

/// Makes the N-th allocation fail, and the next ones up to `row` failures in total.
class shortage {
  public:
    shortage(long nth, long row) : nth_{nth}, row_{row} {}
    void begin() const noexcept {
        platform::bypass_pool(true);
        scarcity_here() = {.until_failure = nth_, .failures_left = row_, .failed = false};
    }
    /// Whether an allocation failed. False: fewer than N allocations were made.
    bool end() noexcept {
        scarcity& here = scarcity_here();
        here.until_failure = 0;
        platform::bypass_pool(false);
        failed_ = failed_ || here.failed;
        return here.failed;
    }
    bool came() const noexcept { return failed_; }

  private:
    long nth_;
    long row_;
    bool failed_ = false;
};

/// For its lifetime, makes the N-th allocation of all other threads together fail, and the next ones up to
/// `row` failures in total. Spared threads do not count.
class shortage_elsewhere {
  public:
    shortage_elsewhere(long nth, long row) noexcept;
    shortage_elsewhere(const shortage_elsewhere&) = delete;
    shortage_elsewhere& operator=(const shortage_elsewhere&) = delete;
    ~shortage_elsewhere();
    bool came() const noexcept;

  private:
    const long nth_;
};
/// Whether allocations of this thread are exempt from `shortage_elsewhere`.
bool& is_spared_here() noexcept;

/// Exempts the calling thread during its lifetime.
struct spared {
    spared() noexcept { is_spared_here() = true; }
    spared(const spared&) = delete;
    spared& operator=(const spared&) = delete;
    ~spared() { is_spared_here() = false; }
};

/// A simulated world whose invariant checker never lacks memory.
class checked_world {
  public:
    explicit checked_world(std::uint64_t seed) {
        runtime_options options;
        options.level = report_level::error;
        options.on_report = [](const report&) {};
        options.seed = seed;
        world_ = runtime_access::make_simulated(std::move(options), &watcher_);
    }
    runtime& operator*() const noexcept { return *world_; }
    runtime* operator->() const noexcept { return world_.get(); }
    const std::vector<std::string>& broken() const noexcept { return watcher_.checker.broken(); }

  private:
    struct watcher final : base::event_sink {
        void on_event(const base::event& happened) noexcept override {
            const plenty memory;
            checker.check(happened);
        }
        testing::invariant_checker checker;
    };
    watcher watcher_;
    std::unique_ptr<runtime> world_;
};

/// Runs `body(shortage&)` in a new world for every allocation between the shortage's begin and end
/// that may fail: alone, and together with some later ones. No run may wait for ever, break an
/// invariant or leave a process alive.
template <class Body>
void with_each_allocation_failing(Body body, long row_max = 5) {
    for (const long row : {1L, row_max}) {
        bool came = true;
        for (long nth = 1; came; ++nth) {
            SCOPED_TRACE("allocation " + std::to_string(nth) + ", and " + std::to_string(row - 1) +
                         " more, failed");
            ASSERT_LT(nth, 2000) << "the test does not come to its end";
            shortage missing{nth, row};
            checked_world world{static_cast<std::uint64_t>(nth)};
            const exit_reason why = world->run([&] { return body(missing); });
            missing.end();
            came = missing.came();
            EXPECT_EQ(why, reason::normal) << "timeout: it waits for ever";
            EXPECT_TRUE(static_cast<bool>(world->stop()));
            EXPECT_EQ(world->process_count(), 0U);
            EXPECT_EQ(world.broken(), std::vector<std::string>{});
            if (::testing::Test::HasFailure()) {
                return;
            }
        }
    }
}

/// Runs an operation under the shortage. False if the operation threw `std::bad_alloc`.
template <class Operation>
bool succeeds(shortage& missing, Operation operation) {
    missing.begin();
    bool done = false;
    try {
        operation();
        done = true;
    } catch (const std::bad_alloc&) {
        done = false;
    }
    missing.end();
    return done;
}

}  // namespace coppice::test
