// SPDX-License-Identifier: Apache-2.0
// Runs everything on the caller's thread, on a clock that stands still until told otherwise. A seed
// picks which runnable goes next, so one seed is one run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sched/scheduler.hpp"

namespace coppice::sched {

class sim_scheduler final : public scheduler {
  public:
    explicit sim_scheduler(std::uint64_t seed) noexcept : random_state_{seed} {}

    /// Runs one turn of one runnable; false if none is ready.
    bool step() noexcept;
    /// Moves the clock to the next timer due at or before `limit` and fires it; false if there is
    /// none.
    bool fire_next(std::chrono::nanoseconds limit) noexcept;
    /// Moves the clock. Precondition: no timer is due before `when`.
    void move_clock(std::chrono::nanoseconds when) noexcept { clock_.move_to(when); }

    void enqueue(runnable& woken) noexcept override { ready_.push_back(&woken); }
    void enqueue_back(runnable& tired) noexcept override { ready_.push_back(&tired); }
    unsigned local_shard() const noexcept override { return 0; }
    unsigned shard_count() const noexcept override { return 1; }
    time::timer_queue& timers(unsigned) noexcept override { return timers_; }
    void timer_added(unsigned) noexcept override {}
    const platform::clock& clock() const noexcept override { return clock_; }

  private:
    std::uint64_t random() noexcept;

    platform::manual_clock clock_;
    time::timer_queue timers_;
    std::vector<runnable*> ready_;
    std::uint64_t random_state_;
};

}  // namespace coppice::sched
