// SPDX-License-Identifier: Apache-2.0
// Checks flags and child specifications, with OTP's error terms in OTP's order. Pure.

#pragma once

#include <optional>

#include "coppice/supervisor.hpp"

namespace coppice::supervise {

std::optional<exit_reason> wrong_with(const supervisor_flags& flags);
std::optional<exit_reason> wrong_with(const child_spec& spec, auto_shutdown_mode mode);
/// Also finds two children with the same id.
std::optional<exit_reason> wrong_with(const child_list& children, auto_shutdown_mode mode);

/// Whether no child can have the setting.
bool has_wrong_field(const restart_backoff& given);
bool has_wrong_field(const restart_budget& given);

}  // namespace coppice::supervise
