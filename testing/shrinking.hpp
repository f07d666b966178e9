// SPDX-License-Identifier: Apache-2.0
// Shrinking of a plan: delta debugging over its decisions, then smaller amounts, then all plans of a single
// decision.
//
// The steps behind a removed decision may shift by one: a signal that is not held back arrives in another
// step. So a removal is also tried with the later decisions one step later and one step earlier.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "testing/explored_run.hpp"

namespace coppice::testing {

class shrinker {
  public:
    /// `try_plan` runs a plan. At most `runs_max` runs.
    shrinker(callback<explored_run(const fault_plan&)> try_plan, std::uint64_t runs_max)
        : try_plan_{std::move(try_plan)}, runs_left_{runs_max}, runs_max_{runs_max} {}

    struct result {
        explored_run run;  ///< The shortest found that fails as the given one.
        std::uint64_t runs = 0;
        bool repeats = true;  ///< False: the run that repeats the plan did not fail alike.
    };
    /// `plain` is the run without decisions.
    result shrink(explored_run failing, const explored_run& plain);

  private:
    bool accepts(const fault_plan& smaller);
    bool remove_chunks();
    bool remove_chunk(std::size_t first, std::size_t count);
    bool lower_amounts();
    void try_single_decisions(const explored_run& plain);

    callback<explored_run(const fault_plan&)> try_plan_;
    std::uint64_t runs_left_;
    const std::uint64_t runs_max_;
    explored_run best_;
};

}  // namespace coppice::testing
