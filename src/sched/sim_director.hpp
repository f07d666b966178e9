// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "coppice/pid.hpp"
#include "sched/runnable.hpp"

namespace coppice::sched {

/// Makes the choices of a simulation in place of the seed, and may disturb the run: for tests that explore
/// schedules. Called on the thread of the simulation. Ready runnables and pending errands are numbered in the
/// order in which they were enqueued, so the choice 0 of each is the fair one.
class sim_director {
  public:
    sim_director() = default;
    sim_director(const sim_director&) = delete;
    sim_director& operator=(const sim_director&) = delete;

    /// A step begins: a turn, an errand, or a timer that fires.
    virtual void begin_step() noexcept = 0;
    /// Turns and errands are pending. True: an errand is next.
    virtual bool chooses_errand() noexcept = 0;
    /// The number of the runnable, or of the errand, that is next. Below `count`, which is positive.
    virtual std::size_t choose_turn(std::size_t count) noexcept = 0;
    virtual std::size_t choose_errand(std::size_t count) noexcept = 0;
    /// How many of `size` signals, which is positive, arrive together.
    virtual std::size_t choose_signals(std::size_t size) noexcept = 0;
    /// Whether one more timer that is due at the same instant fires before the signals of the last one arrive.
    virtual bool lets_timer_cross() noexcept = 0;

    /// A turn is next. False: the director has put the turn off with `sim_scheduler::enqueue_later`.
    virtual bool begin_turn(runnable& next) noexcept = 0;
    virtual void end_turn() noexcept = 0;
    /// A timer sends a message. True: the message is lost.
    virtual bool loses_message(const pid& to) noexcept = 0;

  protected:
    ~sim_director() = default;
};

}  // namespace coppice::sched
