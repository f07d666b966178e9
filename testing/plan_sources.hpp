// SPDX-License-Identifier: Apache-2.0
// Sources of decisions: a seed, or a plan.

#pragma once

#include <cstdint>
#include <vector>

#include "testing/fault_plan.hpp"

namespace coppice::testing {

/// A question of a run: at this step a decision of this kind is possible.
struct opportunity {
    decision_kind kind = decision_kind::run;
    std::uint64_t step = 0;
    std::uint64_t most = 1;  ///< The greatest amount. Positive.
};

class plan_source {
  public:
    plan_source() = default;
    plan_source(const plan_source&) = delete;
    plan_source& operator=(const plan_source&) = delete;
    /// The amount of the decision; 0 for none.
    virtual std::uint64_t decide(const opportunity& asked) noexcept = 0;

  protected:
    ~plan_source() = default;
};

/// Repeats a plan.
class repeated_plan final : public plan_source {
  public:
    explicit repeated_plan(const fault_plan& plan) noexcept : plan_{plan} {}
    std::uint64_t decide(const opportunity& asked) noexcept override;

  private:
    const fault_plan& plan_;
};

/// Derives decisions from a seed. The seed also chooses the frequency of small differences of the schedule, the
/// number of turns that go last, and the number of faults.
class random_plan final : public plan_source {
  public:
    struct settings {
        std::vector<decision_kind> faults;  ///< The kinds allowed.
        unsigned faults_max = 0;
        std::uint64_t steps = 1;  ///< Of the plain run, over which the rare decisions are spread.
    };
    random_plan(std::uint64_t seed, const settings& chosen);
    std::uint64_t decide(const opportunity& asked) noexcept override;

  private:
    std::uint64_t below(std::uint64_t limit) noexcept;
    std::uint64_t amount_of(const opportunity& asked) noexcept;

    std::uint64_t state_;
    std::uint64_t rate_ = 0;  ///< Of 256 choices, so many differ from the plain run.
    /// Rare decisions: each is taken at the first opportunity at or after its step.
    fault_plan due_;
};

}  // namespace coppice::testing
