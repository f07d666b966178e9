// SPDX-License-Identifier: Apache-2.0
// The back-off and the budget of one child, with their state. Pure: the caller reads the clock and draws the
// jitter. A child without such settings has no policy.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "coppice/child_spec.hpp"
#include "coppice/timer.hpp"
#include "supervise/backoff_delays.hpp"
#include "supervise/restart_terms.hpp"
#include "supervise/restart_window.hpp"

namespace coppice::supervise {

class child_policy {
  public:
    using nanoseconds = std::chrono::nanoseconds;

    /// Null if neither the spec nor the supervisor sets anything. The spec's back-off takes precedence.
    static std::unique_ptr<child_policy> of(const child_spec& spec,
                                            const restart_backoff& of_supervisor) {
        const restart_backoff backoff = spec.backoff().value_or(of_supervisor);
        const std::optional<restart_budget> budget = spec.budget();
        if (!backoff.is_on() && !budget) {
            return nullptr;
        }
        auto out = std::make_unique<child_policy>();
        if (backoff.is_on()) {
            out->delays_.emplace(backoff);
        }
        if (budget) {
            out->budget_.emplace(budget->max_restarts, budget->max_seconds.count());
        }
        return out;
    }

    /// A life of the child begins.
    void started(nanoseconds now) noexcept { since_ = now; }
    /// The terms of the restart after the present life. Counts the restart if there is no delay.
    restart_terms after_life(nanoseconds now, double chance) noexcept {
        const nanoseconds delay =
            delays_ ? delays_->after_life(now - since_, chance) : nanoseconds{0};
        return {delay, delay.count() == 0 ? account(now) : budget_answer::none};
    }
    /// The delay before the retry of a start that failed. Zero: retry at once.
    nanoseconds after_failed_start(double chance) noexcept {
        return delays_ ? delays_->after_failed_start(chance) : nanoseconds{0};
    }
    /// Counts a restart that is carried out now.
    budget_answer account(nanoseconds now) noexcept {
        if (!budget_) {
            return budget_answer::none;
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
        return budget_->account(seconds) ? budget_answer::within : budget_answer::exceeded;
    }

    // The wait, if there is one. The number tells a wait from earlier waits of the child.
    void wait_until(nanoseconds due, std::uint64_t number, timer alarm) noexcept {
        due_ = due;
        wait_ = number;
        alarm_ = alarm;
    }
    /// The timer of the latest wait, which may be over.
    timer alarm() const noexcept { return alarm_; }
    bool waits_under(std::uint64_t number) const noexcept { return wait_ == number; }
    nanoseconds due() const noexcept { return due_; }

  private:
    std::optional<backoff_delays> delays_;
    std::optional<restart_window> budget_;
    nanoseconds since_{0};
    nanoseconds due_{0};
    std::uint64_t wait_ = 0;
    timer alarm_;
};

/// Numbers from 0 to 1 for the jitter of a supervisor: splitmix64, seeded by the caller. In the simulator equal
/// seeds give equal delays.
class jitter_source {
  public:
    explicit jitter_source(std::uint64_t seed) noexcept : state_{seed} {}
    double next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        z ^= z >> 31U;
        return static_cast<double>(z >> 11U) * 0x1p-53;
    }

  private:
    std::uint64_t state_;
};

}  // namespace coppice::supervise
