// SPDX-License-Identifier: Apache-2.0
// What both kinds of supervisors tell about their children.

#pragma once

#include <string>

#include "coppice/child_spec.hpp"
#include "coppice/report.hpp"

namespace coppice::supervise {

child_summary summary_of(const child_spec& spec, const pid& process);
/// The registered name of the calling process, else its pid and `fallback`.
std::string shown_name(const std::string& fallback);
void report_child(supervisor_context context, const std::string& supervisor, const exit_reason& why,
                  const child_spec& spec, const pid& process);
void report_started(const std::string& supervisor, const child_spec& spec, const pid& process);
void report_unexpected(const std::string& supervisor, const any_message& message);
/// Runs a start function; what it throws becomes an outcome. The arguments outlive the start.
task<detail::start_outcome> run_start(const child_spec& spec, bool wrap_in_exit,
                                      const extra_arguments& extra);
/// The clock of restart windows.
std::int64_t whole_seconds();

}  // namespace coppice::supervise
