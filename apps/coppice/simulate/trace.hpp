// SPDX-License-Identifier: Apache-2.0
// A trace: what happened when a scenario ran, a JSON object a step.

#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "coppice/exit_reason.hpp"
#include "coppice/runtime.hpp"
#include "simulate/model.hpp"
#include "simulate/reader.hpp"

namespace coppice::cli {

/// A line: {"do", "events", "result", "step"}.
using trace_line = nlohmann::json;
using trace = std::vector<trace_line>;

/// Reasons as scenarios write them: "crash:MESSAGE", "shutdown:X", "normal", …
[[nodiscard]] std::string shown_reason(const exit_reason& why);
[[nodiscard]] exit_reason reason_from(const std::string& text);
/// The reason of a failed start: "failed_to_start_child(ID,REASON)", "already_started", …
[[nodiscard]] std::string shown_start_error(const exit_reason& why);

/// Where and how two traces differ; empty if they say the same. Order counts, but for what OTP
/// leaves open: events below a dynamic supervisor, exits and terminates below a supervisor that was
/// killed in the step, and, among processes, everything within a step.
[[nodiscard]] std::string difference(const scenario& ran, const trace& expected,
                                     const trace& actual);

/// The trace for a person.
[[nodiscard]] std::string timeline(const scenario& ran, const trace& lines);

struct run_result {
    trace lines;
    std::string tree;         ///< As it is before it is shut down; empty for processes.
    std::uint64_t turns = 0;  ///< That processes took.
    std::vector<std::string> broken_invariants;  ///< Empty, or Coppice has a bug.
};

/// Enough for a day of virtual time with something failing every second; what would never come to
/// rest ends there, within seconds and a gigabyte.
inline constexpr std::uint64_t scenario_turns_max = 1'000'000;

/// Runs a scenario on a virtual clock. One that takes more turns is refused, and one that starts an
/// id twice under a dynamic supervisor where only its run can tell.
[[nodiscard]] std::expected<run_result, scenario_error> run_scenario(
    const scenario& given, std::uint64_t turns_max = scenario_turns_max);

/// Of the simulated world that a scenario runs in.
[[nodiscard]] runtime_options world_options(std::optional<signal_delays> delays);
/// Run the two kinds. Both throw scenario_error.
[[nodiscard]] run_result run_tree(const tree_scenario& given, std::uint64_t turns_max);
[[nodiscard]] run_result run_processes(const process_scenario& given, std::uint64_t turns_max);
[[noreturn]] void fail_without_rest(const std::string& place, std::uint64_t turns_max);

}  // namespace coppice::cli
