// SPDX-License-Identifier: Apache-2.0
// A trace: what happened when a scenario ran, a JSON object a step.

#pragma once

#include <cstdint>
#include <expected>
#include <functional>
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

/// The trace, or a line of it, for a person.
[[nodiscard]] std::string timeline(const scenario& ran, const trace& lines);
[[nodiscard]] std::string timeline(const scenario& ran, const trace_line& line);

/// " " and what the step of that number is about; nothing for the start and the shutdown.
[[nodiscard]] std::string subject(const scenario& ran, std::int64_t number);

/// Gets each line when its step has been carried out.
using line_sink = std::function<void(const trace_line&)>;

struct run_result {
    trace lines;              ///< None if a sink got them.
    std::string tree;         ///< As it is before it is shut down; empty for processes.
    std::uint64_t turns = 0;  ///< That processes took.
    std::vector<std::string> broken_invariants;  ///< Empty, or Coppice has a bug.
};

/// Enough for a day of virtual time with something failing every second; what would never come to
/// rest ends there, within seconds.
inline constexpr std::uint64_t scenario_turns_max = 1'000'000;

/// What the events of one step may take in memory, and what is known of all processes.
inline constexpr std::size_t scenario_events_max = std::size_t{512} << 20U;

/// Runs a scenario on a virtual clock. One that takes more turns is refused, one that lets more time
/// pass than the clock can show, one whose events are too many, and one that starts an id twice under
/// a dynamic supervisor where only its run can tell.
[[nodiscard]] std::expected<run_result, scenario_error> run_scenario(
    const scenario& given, std::uint64_t turns_max = scenario_turns_max);
/// The same, with no more than one line in memory.
[[nodiscard]] std::expected<run_result, scenario_error> run_scenario(
    const scenario& given, const line_sink& sink, std::uint64_t turns_max = scenario_turns_max);

/// Of the simulated world that a scenario runs in.
[[nodiscard]] runtime_options world_options(std::optional<signal_delays> delays);
/// Run the two kinds. Both throw scenario_error.
[[nodiscard]] run_result run_tree(const tree_scenario& given, const line_sink& sink,
                                  std::uint64_t turns_max);
[[nodiscard]] run_result run_processes(const process_scenario& given, const line_sink& sink,
                                       std::uint64_t turns_max);
[[noreturn]] void fail_without_rest(const std::string& place, std::uint64_t turns_max);

}  // namespace coppice::cli
