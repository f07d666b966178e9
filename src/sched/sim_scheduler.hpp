// SPDX-License-Identifier: Apache-2.0
// Runs everything on the caller's thread, on a clock that stands still until told otherwise. A seed
// picks which runnable goes next, so one seed is one run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sched/scheduler.hpp"

namespace coppice::sched {

/// Seen outside of a shared library: the test kit is a library of its own.
class [[gnu::visibility("default")]] sim_scheduler final : public scheduler {
  public:
    explicit sim_scheduler(std::uint64_t seed) noexcept : random_state_{seed} {}

    /// Runs one turn of one runnable; false if none is ready, or no turn is left.
    bool step() noexcept;
    /// How many turns there may be from now on.
    void limit_turns(std::uint64_t most) noexcept {
        turns_left_ = most;
        out_of_turns_ = false;
    }
    /// A turn was refused for the limit.
    bool out_of_turns() const noexcept { return out_of_turns_; }
    std::uint64_t turns() const noexcept { return turns_; }
    /// Moves the clock to the next timer due at or before `limit` and fires it; false if there is
    /// none.
    bool fire_next(std::chrono::nanoseconds limit) noexcept;
    /// Moves the clock. Precondition: no timer is due before `when`.
    void move_clock(std::chrono::nanoseconds when) noexcept { clock_.move_to(when); }

    void expect(std::size_t runnables) override { ready_.reserve(runnables); }
    void enqueue(runnable& woken) noexcept override { ready_.push_back(&woken); }
    void enqueue_back(runnable& tired) noexcept override { ready_.push_back(&tired); }
    unsigned local_shard() const noexcept override { return 0; }
    unsigned shard_count() const noexcept override { return 1; }
    unsigned local_lane() const noexcept override { return 0; }
    unsigned lane_count() const noexcept override { return 1; }
    time::timer_queue& timers(unsigned) noexcept override { return timers_; }
    void timer_added(unsigned) noexcept override {}
    const platform::clock& clock() const noexcept override { return clock_; }

  private:
    std::uint64_t random() noexcept;

    platform::manual_clock clock_;
    time::timer_queue timers_;
    std::vector<runnable*> ready_;
    std::uint64_t random_state_;
    std::uint64_t turns_ = 0;
    std::uint64_t turns_left_ = UINT64_MAX;
    bool out_of_turns_ = false;
};

}  // namespace coppice::sched
