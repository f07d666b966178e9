// SPDX-License-Identifier: Apache-2.0
// What is wrong with flags and specifications, in OTP's terms and order. Pure.

#pragma once

#include <optional>

#include "coppice/supervisor.hpp"

namespace coppice::supervise {

std::optional<exit_reason> wrong_with(const supervisor_flags& flags);
std::optional<exit_reason> wrong_with(const child_spec& spec, auto_shutdown_mode mode);
/// Also finds two children with one id.
std::optional<exit_reason> wrong_with(const child_list& children, auto_shutdown_mode mode);

}  // namespace coppice::supervise
