// SPDX-License-Identifier: Apache-2.0
// Runs everything on the caller's thread, on a clock that stands still until told otherwise. A seed
// picks which runnable goes next, so one seed is one run.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <thread>
#include <vector>

#include "sched/scheduler.hpp"

namespace coppice::sched {

/// Something that happens between turns and is none itself.
class errand {
  public:
    errand() = default;
    errand(const errand&) = delete;
    errand& operator=(const errand&) = delete;
    /// False: it is done, and may be gone by now.
    virtual bool run() noexcept = 0;

  protected:
    ~errand() = default;
};

/// Seen outside of a shared library: the test kit is a library of its own.
class [[gnu::visibility("default")]] sim_scheduler final : public scheduler {
  public:
    explicit sim_scheduler(std::uint64_t seed) noexcept
        : random_state_{seed}, haste_{hastes[seed % std::size(hastes)]} {}

    /// Runs one turn of one runnable, or an errand; false if there is neither, or no turn is left.
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
    /// Likewise, and if timers cross, others that are due at the same instant may fire before what
    /// that one has sent arrives.
    bool fire_some(std::chrono::nanoseconds limit) noexcept;
    /// So long after now, or the last moment that the clock can show.
    std::chrono::nanoseconds moment_after(std::chrono::nanoseconds time) const noexcept {
        return std::min(time::deadline_after(clock_.now(), time), last_moment);
    }
    /// Moves the clock. Precondition: no timer is due before `when`.
    void move_clock(std::chrono::nanoseconds when) noexcept { clock_.move_to(when); }

    void expect(std::size_t runnables) override { ready_.reserve(runnables); }

    void let_timers_cross() noexcept { timers_cross_ = true; }
    /// From now on it may happen between any two turns. Throws std::bad_alloc.
    void enqueue_errand(errand& added) { errands_.push_back(&added); }
    /// The next number that the seed gives.
    std::uint64_t random() noexcept;

    void enqueue(runnable& woken) noexcept override { ready_.push_back(&woken); }
    void enqueue_back(runnable& tired) noexcept override { ready_.push_back(&tired); }
    unsigned local_shard() const noexcept override { return 0; }
    unsigned shard_count() const noexcept override { return 1; }
    unsigned local_lane() const noexcept override { return 0; }
    unsigned lane_count() const noexcept override { return 1; }
    time::timer_queue& timers(unsigned) noexcept override { return timers_; }
    void timer_added(unsigned) noexcept override {}
    const platform::clock& clock() const noexcept override { return clock_; }
    std::vector<lane_view> look_at_lanes() const override;
    std::size_t shared_queue_len() const noexcept override { return 0; }
    bool is_own_thread() const noexcept override { return in_turn_; }
    /// On the thread that made it, and nowhere else: nothing here is locked, and what other threads
    /// do has no place in an order that a seed chooses.
    bool may_be_used_here() const noexcept override { return owner_ == std::this_thread::get_id(); }

  private:
    bool is_time_for_errand() noexcept;
    void run_errand() noexcept;

    /// Of 256 steps that could be either, how many are errands: so some seeds give runs in which
    /// little is on its way, and others give runs in which much is.
    static constexpr unsigned hastes[] = {32, 128, 224};
    /// The moment after it is the deadline of timers that are set for longer than time lasts.
    static constexpr std::chrono::nanoseconds last_moment =
        time::never - std::chrono::nanoseconds{2};

    platform::manual_clock clock_;
    time::timer_queue timers_;
    std::vector<runnable*> ready_;
    std::vector<errand*> errands_;
    std::uint64_t random_state_;
    const unsigned haste_;
    std::uint64_t turns_ = 0;
    std::uint64_t messages_ = 0;
    const runnable* running_ = nullptr;
    std::uint64_t turns_left_ = UINT64_MAX;
    bool out_of_turns_ = false;
    bool timers_cross_ = false;
    bool in_turn_ = false;
    const std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace coppice::sched
