// SPDX-License-Identifier: Apache-2.0
// Carries out the decisions of one run, and records the decisions.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "boot/runtime_impl.hpp"
#include "coppice/testing/explore.hpp"
#include "testing/fault_plan.hpp"
#include "testing/plan_sources.hpp"

namespace coppice::testing {

class exploring_director final : public sched::sim_director {
  public:
    /// All three outlive the director.
    exploring_director(coppice::detail::runtime_impl& world, plan_source& source,
                       const explore_options& how);
    ~exploring_director();

    /// The decisions that took effect.
    const fault_plan& applied() const noexcept { return applied_; }
    /// A sentence for each applied decision.
    const std::vector<std::string>& notes() const noexcept { return notes_; }
    const std::vector<opportunity>& opportunities() const noexcept { return opportunities_; }
    std::uint64_t steps() const noexcept { return step_; }
    /// A sentence about the first failure of a function of the options; empty if there was none.
    const std::string& broken() const noexcept { return broken_; }

    /// The rest of the run is plain: the world ends.
    void rest() noexcept { rests_ = true; }
    /// No faults until `resume_faults`. May be nested.
    void pause_faults() noexcept { ++pauses_; }
    void resume_faults() noexcept { --pauses_; }
    /// The director of the innermost run on this thread; null outside of explorations.
    static exploring_director* current() noexcept;

    // sim_director
    void begin_step() noexcept override;
    bool chooses_errand() noexcept override;
    std::size_t choose_turn(std::size_t count) noexcept override;
    std::size_t choose_errand(std::size_t count) noexcept override;
    std::size_t choose_signals(std::size_t size) noexcept override;
    bool lets_timer_cross() noexcept override;
    bool begin_turn(sched::runnable& next) noexcept override;
    void end_turn() noexcept override;
    bool loses_message(const pid& to) noexcept override;

  private:
    std::uint64_t ask(decision_kind kind, std::uint64_t most = 1) noexcept;
    void withdraw_last() noexcept;
    bool may_strike(const pid& who) noexcept;
    void ask_invariant() noexcept;
    bool is_started_child(const pid& who) const noexcept;
    bool strike(sched::runnable& next) noexcept;
    bool put_off(sched::runnable& next, std::chrono::nanoseconds by) noexcept;
    std::string name_of(const pid& who) const;

    coppice::detail::runtime_impl& world_;
    plan_source& source_;
    const explore_options& how_;
    exploring_director* const outer_;
    std::uint64_t step_ = 0;
    bool has_others_ =
        false;  ///< Besides the present turn, something else could happen in the step.
    bool fails_allocation_ = false;
    bool rests_ = false;
    unsigned pauses_ = 0;
    pid running_;
    fault_plan applied_;
    std::vector<std::string> notes_;
    std::vector<opportunity> opportunities_;
    std::unordered_set<pid> begun_;
    std::string broken_;
};

}  // namespace coppice::testing
