// SPDX-License-Identifier: Apache-2.0
// Memory that runs out at a chosen allocation of the thread that asks for it. The operator new that
// does it is in scarcity/scarce_memory_test.cpp.
//
// Every allocation counts that is made while memory is `scarce`, also those of the pool, and also those
// of other processes that have their turns meanwhile on the same thread, as all do in a simulation.

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
    long until_failure = 0;  ///< Allocations until one fails, that one included. 0: none does.
    long failures_left = 0;
    bool failed = false;
};
/// Of this thread.
scarcity& scarcity_here() noexcept;

/// While it lives allocations succeed: for what is no part of the test.
class plenty {
  public:
    plenty() noexcept : kept_{std::exchange(scarcity_here().until_failure, 0)} {}
    plenty(const plenty&) = delete;
    plenty& operator=(const plenty&) = delete;
    ~plenty() { scarcity_here().until_failure = kept_; }

  private:
    long kept_;
};

/// The N-th allocation fails, and so do as many after it as `row` says.
class shortage {
  public:
    shortage(long nth, long row) : nth_{nth}, row_{row} {}
    void begin() const noexcept {
        platform::bypass_pool(true);
        scarcity_here() = {.until_failure = nth_, .failures_left = row_, .failed = false};
    }
    /// Whether one failed: else there are none left to fail.
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

/// While it lives, the N-th allocation of all other threads together fails, and so do as many after it as
/// `row` says. Not those of threads that are spared.
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
/// Whether allocations of this thread are none of `shortage_elsewhere`'s.
bool& is_spared_here() noexcept;

/// While one lives they are not.
struct spared {
    spared() noexcept { is_spared_here() = true; }
    spared(const spared&) = delete;
    spared& operator=(const spared&) = delete;
    ~spared() { is_spared_here() = false; }
};

/// A simulated world that checks its invariants with memory of its own.
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

/// Runs `body(shortage&)` in a world of its own for every allocation between the shortage's begin and
/// its end that may fail: alone, and with some after it. Nothing may wait for ever, break an invariant
/// or stay alive.
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

/// What of an operation came out: false if it lacked memory and said so.
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
