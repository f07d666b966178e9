// SPDX-License-Identifier: Apache-2.0
// Runnables for the scheduler, and a bounded wait for threads.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "sched/runnable.hpp"
#include "support/eventually.hpp"

namespace coppice::test {

/// Runs a function each turn and counts the turns.
class turn final : public sched::runnable {
  public:
    explicit turn(std::function<void(turn&)> f = [](turn&) {}) : f_{std::move(f)} {}
    void run_turn() noexcept override {
        ++unguarded_;
        ++turns_;
        f_(*this);
    }
    int turns() const noexcept { return turns_; }
    /// Whether each turn saw all effects of the previous turn. Call after all threads have ended.
    bool turns_were_ordered() const noexcept { return unguarded_ == turns_; }

  private:
    std::function<void(turn&)> f_;
    std::atomic<int> turns_{0};
    int unguarded_ = 0;
};

/// A counter whose value other threads can wait for.
class milestone {
  public:
    void reach() noexcept {
        const std::scoped_lock lock{mutex_};
        ++count_;
        changed_.notify_all();
    }
    int count() const {
        const std::scoped_lock lock{mutex_};
        return count_;
    }
    bool wait_for(int wanted, std::chrono::nanoseconds limit = patience) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, limit, [&] { return count_ >= wanted; });
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

}  // namespace coppice::test
