// SPDX-License-Identifier: Apache-2.0
// A fault plan: how one run differs from the plain run. In the plain run signals arrive at once, ready
// processes take their turns in the order in which they became ready, and nothing fails. A decision says what
// is different at one step, and the steps of a run are numbered from 1: turns, arrivals of signals, timers.
//
//     text           at step K
//     run@K:N        the process N places behind the first ready process takes the turn
//     last@K         the turn waits until nothing else can happen without the clock
//     hold@K         a process takes its turn although signals are on their way
//     channel@K:N    the signals of the channel N places behind the first arrive
//     part@K:N       only N signals of the channel arrive
//     cross@K        one more timer fires before the signals of the timer arrive
//     kill@K         the process is killed before its turn
//     delay@K:MS     the turn comes MS milliseconds later
//     lose_timer@K   the message of a timer is lost
//     fail_start@K   the process ends before its first turn
//     fail_alloc@K:N the N-th allocation of the turn fails
//
// The number behind the colon is left out if it is 1. A decision that does not fit the run is void: at another
// step than before nothing may be ready.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::testing {

/// The kinds of decisions: first the ones about the schedule, then the faults.
enum class decision_kind : std::uint8_t {
    run,
    last,
    hold,
    channel,
    part,
    cross,
    kill,
    delay,
    lose_timer,
    fail_start,
    fail_alloc,
};
inline constexpr std::size_t decision_kinds = 11;

constexpr bool is_fault(decision_kind kind) noexcept {
    return kind >= decision_kind::kill;
}

struct decision {
    decision_kind kind = decision_kind::run;
    std::uint64_t step = 0;
    std::uint64_t amount = 1;  ///< Positive: 0 would be the plain run.
    bool operator==(const decision&) const = default;
};

/// In the order of the steps.
using fault_plan = std::vector<decision>;

/// "kill@17 run@20:2"; "plain" for the plan without decisions.
std::string to_string(const fault_plan& plan);
std::string to_string(const decision& of);
/// Reads the text of a plan. Throws std::invalid_argument with a sentence for people.
fault_plan read_plan(std::string_view text);

}  // namespace coppice::testing
