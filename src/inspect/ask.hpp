// SPDX-License-Identifier: Apache-2.0
// Small questions that several methods begin with, and errors of Coppice as errors of the protocol.

#pragma once

#include <string>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/report.hpp"
#include "inspect/methods.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {

/// What a living process tells of itself. Throws timeout or noproc.
[[nodiscard]] task<process_information> ask_process(pid who, std::chrono::nanoseconds end);
/// Of the parameter `who`. Throws bad_parameter if it is no supervisor.
[[nodiscard]] task<process_information> find_supervisor(const asked& what);
[[nodiscard]] bool is_dynamic(const process_information& supervisor);

/// Throws bad_parameter for what is no level.
[[nodiscard]] report_level level_from(const std::string& text);

/// `noproc` and `timeout` are codes of their own; all else is `failed`, with the reason as text.
[[nodiscard]] request_error error_from(const exit_reason& why);

template <class Result>
void require_done(const Result& result) {
    if (!result) {
        throw error_from(result.error());
    }
}

}  // namespace coppice::inspect
