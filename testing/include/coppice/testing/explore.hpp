// SPDX-License-Identifier: Apache-2.0
// Exploration: runs a test body under many schedules and fault plans, and shrinks the plan of a failure.
//
//     coppice::testing::explore(200, [] { return transfer_money(); });          // a process
//     coppice::testing::explore(200, [](sim_world& world) { world.advance(5s); … });   // the test itself
//     coppice::testing::explore({.seeds = 1000, .faults = fault_kinds::none()}, body);
//
// Each run is a new simulated world. The first run is the plain one. Each seed then gives one run whose
// schedule differs from the plain one, and into which faults may be put:
//
//     kill             a process is killed before a turn
//     delay            a turn comes later, up to `delay_max`
//     lose_timer       the message of a timer (`send_after`, `start_timer`, `send_interval`) is lost
//     fail_start       a process ends before its first turn, with the reason `{injected, fail_start}`
//     fail_allocation  an allocation throws std::bad_alloc: of a message, a coroutine frame or a process; with
//                      failing_new.hpp in one source file of the program also of operator new
//
// Faults strike the children of supervisors, but no supervisor, and not before their supervisor has started. So a
// body has to succeed if its tree recovers. `victims` chooses other processes.
//
// A run fails if the process of the body ends with another reason than `normal` or does not end, the body
// throws, an assertion of the test framework fails (include coppice/testing/gtest.hpp for GoogleTest), the
// `invariant` does not hold after some turn, or the turns exceed `turns_max`. The plan of the failed run is
// then shrunk, and the report has the command that repeats exactly this run: COPPICE_EXPLORE is the plan. The
// other explorations of the same test are then left out. With COPPICE_SEED the seeds begin there.
//
// Threads    The calling thread, outside of processes.
// Blocking   Bounded: by `seeds`, by `shrink_runs`, and each run by `turns_max` and `time_max`.
// Ownership  The body is called once for each run, and must begin each run alike: state that lasts from one
//            run to the next makes a failure that cannot be repeated.
// Errors     std::invalid_argument for a wrong text in COPPICE_EXPLORE or COPPICE_SEED, and for options that
//            cannot work. std::logic_error in the body of another exploration.
// Cost       One simulation for each run, tens of microseconds at least.
// Today      A plan holds for one build of a program: step numbers change with the code. Explorations of one test are
//            numbered, and a repetition of the test by the framework continues the numbers.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "coppice/callback.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/testing/sim_world.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::testing {

/// The kinds of faults that an exploration may put into a run.
struct fault_kinds {
    bool kill = true;
    bool delay = true;
    bool lose_timer = true;
    bool fail_start = true;
    bool fail_allocation = true;

    /// Schedules only.
    static constexpr fault_kinds none() { return {false, false, false, false, false}; }
};

/// Options of an exploration.
struct explore_options {
    std::uint64_t seeds = 100;  ///< The number of runs after the plain one.
    std::uint64_t first_seed = seed_from_environment();
    fault_kinds faults = {};  ///< The kinds of faults that may occur.
    /// The most faults in one run. The default limit of a supervisor survives three restarts in 5 s.
    unsigned faults_max = 3;
    /// The longest delay of a turn, at least 1 ms. Shorter than the 5 s of a call.
    time_span delay_max = std::chrono::seconds{1};
    /// Whether faults may strike the process. Empty: the children of started supervisors. Called often, and
    /// outside of all processes.
    callback<bool(const pid&)> victims = {};
    /// Called after each turn, outside of all processes: a sentence about what is wrong, or nothing.
    callback<std::string()> invariant = {};
    std::uint64_t turns_max = 100'000;           ///< A run with more turns does not come to rest.
    time_span time_max = std::chrono::hours{1};  ///< Of virtual time, for the process of the body.
    runtime_options runtime = sim_world::quiet();  ///< Of each world.
    std::uint64_t shrink_runs = 2'000;             ///< The most runs for shrinking.
};

/// A run that fails, with as few decisions as were found.
struct counterexample {
    std::string failure;        ///< What the test framework, the body or the invariant said.
    std::string plan;           ///< For COPPICE_EXPLORE.
    std::size_t decisions = 0;  ///< Of the plan.
    std::string command;        ///< Repeats the run.
    std::string report;         ///< All of it for people, with a line for each decision.
    std::uint64_t runs = 0;     ///< Until the failure, the plain run included.
    std::uint64_t shrink_runs = 0;
    bool repeats = true;  ///< False: the run with the same plan did not fail alike.
};

/// Thrown by `explore` if no test framework was told of, see `use_framework`. The text is the report.
class exploration_failed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// For an operator new, see failing_new.hpp: counts an allocation of the calling thread. True if the allocation
/// is to fail, by a fault of the present exploration.
[[nodiscard]] bool is_allocation_to_fail() noexcept;

/// How explorations find and report failures of a test framework.
struct test_framework {
    /// Runs the function and gives the texts of the assertions that failed meanwhile, which are reported nowhere
    /// else; empty if none failed.
    callback<std::string(const callback<void()>&)> watch;
    /// Makes the present test fail with the text.
    callback<void(const std::string&)> report;
    /// The arguments of the program that select the present test.
    callback<std::string()> selection;
};
/// From now on explorations use this framework. coppice/testing/gtest.hpp does so for GoogleTest.
void use_framework(test_framework used);

namespace detail {
/// The end of a body: nothing if the process did not end in time.
using body_of_run = callback<std::optional<exit_reason>(sim_world&, time_span)>;

std::optional<counterexample> find_failure(const explore_options& how, const body_of_run& body);
void explore(const explore_options& how, const body_of_run& body);

template <class Body>
body_of_run body_of(Body body) {
    if constexpr (std::invocable<Body&, sim_world&>) {
        return [body = std::move(body)](sim_world& world, time_span) mutable {
            body(world);
            return std::optional{exit_reason{reason::normal}};
        };
    } else {
        return [body = std::move(body)](sim_world& world, time_span limit) {
            return world.run(body, limit);
        };
    }
}
}  // namespace detail

/// Explores, and gives the first failure that is found. Reports nothing.
template <class Body>
[[nodiscard]] std::optional<counterexample> find_failure(const explore_options& how, Body body) {
    return detail::find_failure(how, detail::body_of(std::move(body)));
}
/// Explores. A failure fails the present test of the test framework; without one throws `exploration_failed`.
template <class Body>
void explore(const explore_options& how, Body body) {
    detail::explore(how, detail::body_of(std::move(body)));
}
/// The same with `seeds` seeds and otherwise the defaults.
template <class Body>
void explore(std::uint64_t seeds, Body body) {
    explore_options how;
    how.seeds = seeds;
    explore(how, std::move(body));
}

}  // namespace coppice::testing

#pragma GCC visibility pop
