// SPDX-License-Identifier: Apache-2.0
// A trace: what happened when a scenario ran, a JSON object a step.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coppice/exit_reason.hpp"
#include "simulate/model.hpp"

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

/// Runs a scenario on a virtual clock.
struct run_result {
    trace lines;
    std::string tree;  ///< The tree as it ends, before it is shut down; empty for processes.
};
[[nodiscard]] run_result run_tree(const tree_scenario& given);
[[nodiscard]] run_result run_processes(const process_scenario& given);
[[nodiscard]] run_result run_scenario(const scenario& given);

}  // namespace coppice::cli
