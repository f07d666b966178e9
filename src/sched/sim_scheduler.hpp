// SPDX-License-Identifier: Apache-2.0
// Runs everything on the caller's thread, on a clock that stands still until told to move. A seed
// picks the runnable of the next turn, so one seed gives one run. A director, if there is one, makes all
// choices in place of the seed, see sim_director.hpp.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <thread>
#include <vector>

#include "sched/scheduler.hpp"
#include "sched/sim_director.hpp"

namespace coppice::sched {

/// Something that happens between turns and is not a turn.
class errand {
  public:
    errand() = default;
    errand(const errand&) = delete;
    errand& operator=(const errand&) = delete;
    /// False: the errand is done, and may have been destroyed.
    virtual bool run() noexcept = 0;

  protected:
    ~errand() = default;
};

/// Exported from the shared library: the test kit is a separate library.
class [[gnu::visibility("default")]] sim_scheduler final : public scheduler {
  public:
    explicit sim_scheduler(std::uint64_t seed) noexcept
        : random_state_{seed}, errand_weight_{errand_weights[seed % std::size(errand_weights)]} {}

    /// Runs one turn of one runnable, or an errand. False if neither is pending, or if the limit
    /// of turns is reached.
    bool step() noexcept { return director_ == nullptr ? step_by_seed() : step_by_director(); }
    /// From now on the director makes the choices; null: the seed again. The director outlives its use.
    void direct(sim_director* by) noexcept { director_ = by; }
    /// Enqueues the runnable `after` from now. For a director that puts a turn off. Throws std::bad_alloc.
    void enqueue_later(runnable& put_off, std::chrono::nanoseconds after);
    /// Limits the number of turns from now on.
    void limit_turns(std::uint64_t most) noexcept {
        turns_left_ = most;
        out_of_turns_ = false;
    }
    /// A turn was refused because of the limit.
    bool out_of_turns() const noexcept { return out_of_turns_; }
    std::uint64_t turns() const noexcept { return turns_; }
    /// Moves the clock to the next timer due at or before `limit` and fires that timer; false
    /// if there is none.
    bool fire_next(std::chrono::nanoseconds limit) noexcept;
    /// As `fire_next`. If timers cross, further timers due at the same instant may fire before the
    /// signals of the first timer arrive.
    bool fire_timers(std::chrono::nanoseconds limit) noexcept;
    /// The moment `time` after now, or the last moment that the clock can show.
    std::chrono::nanoseconds moment_after(std::chrono::nanoseconds time) const noexcept {
        return std::min(time::deadline_after(clock_.now(), time), last_moment);
    }
    /// Moves the clock. Precondition: no timer is due before `when`.
    void move_clock(std::chrono::nanoseconds when) noexcept;

    void expect(std::size_t runnables) override { ready_.reserve(runnables); }

    void let_timers_cross() noexcept { timers_cross_ = true; }
    /// The errand may run between any two turns from now on. Throws std::bad_alloc.
    void enqueue_errand(errand& added) { errands_.push_back(&added); }
    /// How many of `size` signals arrive together. In half of all cases all do.
    std::size_t choose_signals(std::size_t size) noexcept {
        return director_ == nullptr ? 1 + random() % (2 * size) : director_->choose_signals(size);
    }
    /// Whether the director loses a message for `to` that a timer sends now.
    bool loses_message(const pid& to) noexcept {
        return director_ != nullptr && fires_ && director_->loses_message(to);
    }

    void enqueue(runnable& woken) noexcept override { ready_.push_back(&woken); }
    void enqueue_back(runnable& yielded) noexcept override { ready_.push_back(&yielded); }
    const place& here() const noexcept override { return here_; }
    unsigned shard_count() const noexcept override { return 1; }
    unsigned lane_count() const noexcept override { return 1; }
    time::timer_queue& timers(unsigned) noexcept override { return timers_; }
    void timer_added(unsigned) noexcept override {}
    const platform::clock& clock() const noexcept override { return clock_; }
    std::vector<lane_view> look_at_lanes() const override;
    std::size_t shared_queue_len() const noexcept override { return 0; }
    bool is_own_thread() const noexcept override { return in_turn_; }
    /// Only on the thread that made the scheduler: no member is locked, and actions of other
    /// threads have no place in an order that a seed chooses.
    bool may_be_used_here() const noexcept override { return owner_ == std::this_thread::get_id(); }

  private:
    bool step_by_seed() noexcept;
    bool step_by_director() noexcept;
    bool is_time_for_errand() noexcept;
    void run_errand(std::size_t chosen) noexcept;
    bool may_take_turn() noexcept;
    void run_turn_of(runnable& next) noexcept;
    bool lets_timer_cross() noexcept;
    /// The next random number of the seed.
    std::uint64_t random() noexcept;

    /// Number of errands in 256 steps that could be a turn or an errand. So in the runs of some
    /// seeds few signals are on their way, and in the runs of other seeds many.
    static constexpr unsigned errand_weights[] = {32, 128, 224};
    /// The next moment, `never` - 1, is the deadline of timers set beyond the end of time.
    static constexpr std::chrono::nanoseconds last_moment =
        time::never - std::chrono::nanoseconds{2};

    platform::manual_clock clock_;
    time::timer_queue timers_;
    const place here_{0, 0, timers_, clock_.slow_to_read()};
    std::vector<runnable*> ready_;
    std::vector<errand*> errands_;
    std::uint64_t random_state_;
    const unsigned errand_weight_;
    std::uint64_t turns_ = 0;
    std::uint64_t messages_ = 0;
    const runnable* running_ = nullptr;
    std::uint64_t turns_left_ = UINT64_MAX;
    bool out_of_turns_ = false;
    bool timers_cross_ = false;
    bool in_turn_ = false;
    bool fires_ = false;  ///< A timer fires.
    sim_director* director_ = nullptr;
    const std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace coppice::sched
