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

bool reports(report_level level);
void publish_end(supervisor_context context, const std::string& supervisor, const exit_reason& why,
                 const child_spec& spec, const pid& process);
void publish_start(const std::string& supervisor, const child_spec& spec, const pid& process);

// What calls itself what is asked only if there is a report.
template <class Describe>
void report_child(supervisor_context context, Describe describe, const exit_reason& why,
                  const child_spec& spec, const pid& process) {
    if (reports(report_level::error)) {
        publish_end(context, describe(), why, spec, process);
    }
}
template <class Describe>
void report_started(Describe describe, const child_spec& spec, const pid& process) {
    if (reports(report_level::info)) {
        publish_start(describe(), spec, process);
    }
}
void report_unexpected(const std::string& supervisor, const any_message& message);

/// The clock of restart windows.
std::int64_t whole_seconds();

}  // namespace coppice::supervise
