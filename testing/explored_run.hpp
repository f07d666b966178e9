// SPDX-License-Identifier: Apache-2.0
// One run of an exploration.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coppice/testing/explore.hpp"
#include "testing/fault_plan.hpp"
#include "testing/plan_sources.hpp"

namespace coppice::testing {

/// How a run failed, in the order of importance: the first that applies.
enum class failure_kind : std::uint8_t {
    none,
    invariant,  ///< The invariant of the options did not hold, or a function of the options threw.
    assertion,  ///< An assertion of the test framework.
    exception,  ///< Left a body that drives the world itself.
    runtime,    ///< The runtime broke an invariant of its own.
    no_rest,    ///< More turns than allowed.
    no_end,     ///< The process of the body did not end.
    bad_end,    ///< The process ended with another reason than `normal`.
};

/// A plain record of a run.
struct explored_run {
    failure_kind failed = failure_kind::none;
    std::string failure;
    fault_plan applied;  ///< The decisions that took effect.
    std::vector<std::string> notes;
    std::vector<opportunity> opportunities;
    std::uint64_t steps = 0;
};

/// Two runs fail alike if the kinds are equal, and, for assertions, the first lines of the texts.
bool fail_alike(const explored_run& one, const explored_run& other);

/// Runs the body once in a new world.
explored_run run_once(const explore_options& how, const detail::body_of_run& body,
                      plan_source& source);

/// The framework given to `use_framework`.
test_framework& framework_in_use();

}  // namespace coppice::testing
