// SPDX-License-Identifier: Apache-2.0
// The settings of one child as data for the plan. Pure.

#pragma once

#include <chrono>
#include <cstdint>

namespace coppice::supervise {

/// What the child's own budget says about a restart.
enum class budget_answer : std::uint8_t {
    none,      ///< The child has no budget: the window of the supervisor decides.
    within,    ///< The restart is allowed. The window of the supervisor does not count it.
    exceeded,  ///< The restart is one too many.
};

/// The terms of the restart of a child that has ended. The defaults are OTP's.
struct restart_terms {
    /// Zero: no delay. The budget is asked when the delay is over.
    std::chrono::nanoseconds delay{0};
    budget_answer budget = budget_answer::none;  ///< Of use only without a delay.
};

}  // namespace coppice::supervise
