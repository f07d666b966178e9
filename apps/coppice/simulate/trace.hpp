// SPDX-License-Identifier: Apache-2.0
// A trace: the record of a scenario's run, one JSON object a step.

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
#include "simulate/scenario.hpp"
#include "simulate/scenario_reader.hpp"

namespace coppice::cli {

/// A line: {"do", "events", "result", "step"}.
using trace_line = nlohmann::json;
using trace = std::vector<trace_line>;

/// Reasons in the notation of scenarios: "crash:MESSAGE", "shutdown:X", "normal", …
[[nodiscard]] std::string shown_reason(const exit_reason& why);
[[nodiscard]] exit_reason reason_from(const std::string& text);
/// The reason of a failed start: "failed_to_start_child(ID,REASON)", "already_started", …
[[nodiscard]] std::string shown_start_error(const exit_reason& why);

/// The first difference of two traces; empty for equal traces. The order of events counts, except where OTP
/// leaves the order open: events below a dynamic supervisor, exits and terminates below a supervisor that was
/// killed in the step, and, for processes, all events within a step.
[[nodiscard]] std::string difference(const scenario& ran, const trace& expected,
                                     const trace& actual);

/// The trace, or one line, as text for people.
[[nodiscard]] std::string timeline(const scenario& ran, const trace& lines);
[[nodiscard]] std::string timeline(const scenario& ran, const trace_line& line);

/// " " and the subject of the step with that number; empty for the start and the shutdown.
[[nodiscard]] std::string subject(const scenario& ran, std::int64_t number);

/// Receives each line after its step.
using line_sink = std::function<void(const trace_line&)>;

struct run_result {
    trace lines;  ///< Empty if a sink received the lines.
    /// The tree before its shutdown; empty for processes.
    std::string tree;
    std::uint64_t turns = 0;  ///< The turns that processes took.
    /// Any entry is a bug of Coppice.
    std::vector<std::string> broken_invariants;
};

/// Enough for a day of virtual time with a failure every second. A scenario that never comes to rest ends at
/// this limit, within seconds.
inline constexpr std::uint64_t scenario_turns_max = 1'000'000;

/// The memory limit for the events of one step, plus the records of all processes.
inline constexpr std::size_t scenario_events_max = std::size_t{512} << 20U;

/// Runs a scenario on a virtual clock. Refuses a scenario that takes more than `turns_max` turns, passes the
/// end of the clock, exceeds the memory limit of events, or starts an id twice under a dynamic supervisor
/// where only the run can show the duplicate.
[[nodiscard]] std::expected<run_result, scenario_error> run_scenario(
    const scenario& given, std::uint64_t turns_max = scenario_turns_max);
/// The same, with at most one line in memory.
[[nodiscard]] std::expected<run_result, scenario_error> run_scenario(
    const scenario& given, const line_sink& sink, std::uint64_t turns_max = scenario_turns_max);

/// The options of the simulated world of a scenario.
[[nodiscard]] runtime_options world_options(std::optional<signal_delays> delays);
/// Run the two kinds. Both throw `scenario_error`.
[[nodiscard]] run_result run_tree(const tree_scenario& given, const line_sink& sink,
                                  std::uint64_t turns_max);
[[nodiscard]] run_result run_processes(const process_scenario& given, const line_sink& sink,
                                       std::uint64_t turns_max);
[[noreturn]] void fail_without_rest(const std::string& place, std::uint64_t turns_max);

}  // namespace coppice::cli
