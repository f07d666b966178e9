// SPDX-License-Identifier: Apache-2.0
// Reports of both kinds of supervisors about their children.

#pragma once

#include <string>

#include "coppice/child_spec.hpp"
#include "coppice/report.hpp"
#include "process/runtime_core.hpp"
#include "supervise/child_policy.hpp"

namespace coppice::supervise {

child_summary summary_of(const child_spec& spec, const pid& process);
/// The registered name of the calling process; without a name, the pid and `fallback`.
std::string shown_name(const std::string& fallback);

supervisor_report end_report(supervisor_context context, const std::string& supervisor,
                             const exit_reason& why, const child_spec& spec, const pid& process);
progress_report start_report(const std::string& supervisor, const child_spec& spec,
                             const pid& process);

/// As `runtime_core::report_if_possible`, for the calling process.
template <class Make>
void report_if_possible(report_level level, Make make) {
    detail::current_runtime().report_if_possible(level, self(), make);
}

// `describe` is called only if the report will be published.
template <class Describe>
void report_child(supervisor_context context, Describe describe, const exit_reason& why,
                  const child_spec& spec, const pid& process) {
    report_if_possible(report_level::error,
                       [&] { return end_report(context, describe(), why, spec, process); });
}
template <class Describe>
void report_started(Describe describe, const child_spec& spec, const pid& process) {
    report_if_possible(report_level::info, [&] { return start_report(describe(), spec, process); });
}
/// For the flight recorder.
void note_restart(const pid& started, const child_spec& spec, const exit_reason& last) noexcept;
void note_give_up(const child_spec& spec) noexcept;

template <class Describe>
void report_limit(Describe describe, const child_spec& spec, const pid& process) {
    note_give_up(spec);
    report_if_possible(report_level::error, [&] {
        return end_report(supervisor_context::shutdown, describe(), "reached_max_restart_intensity",
                          spec, process);
    });
}
text_report unexpected_report(const std::string& supervisor, const any_message& message);
template <class Describe>
void report_unexpected(Describe describe, const any_message& message) {
    report_if_possible(report_level::error, [&] { return unexpected_report(describe(), message); });
}

/// The jitter of a supervisor's delays. In the simulator equal runs have equal delays.
jitter_source jitter_of(const pid& supervisor);

/// The clock of restart windows.
std::int64_t whole_seconds();

}  // namespace coppice::supervise
