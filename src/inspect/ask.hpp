// SPDX-License-Identifier: Apache-2.0
// Small requests at the start of several methods, and the mapping of Coppice
// errors to errors of the protocol.

#pragma once

#include <string>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/report.hpp"
#include "inspect/methods.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {

/// Information from the process about the process. Throws `timeout` or `noproc`.
[[nodiscard]] task<process_information> ask_process(pid who, std::chrono::nanoseconds end);
/// The process in the parameter `who`. Throws `bad_parameter` if the process is no supervisor.
[[nodiscard]] task<process_information> find_supervisor(const asked& what);
[[nodiscard]] bool is_dynamic(const process_information& supervisor);

/// Throws `bad_parameter` for an unknown level.
[[nodiscard]] report_level level_from(const std::string& text);

/// `noproc` and `timeout` map to codes of their own. Every other reason maps to
/// `failed`, with the reason as text.
[[nodiscard]] request_error error_from(const exit_reason& why);

template <class Result>
void require_done(const Result& result) {
    if (!result) {
        throw error_from(result.error());
    }
}

}  // namespace coppice::inspect
