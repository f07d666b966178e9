// SPDX-License-Identifier: Apache-2.0
// Texts for users about the reason why a program has to end.

#pragma once

#include <string>
#include <string_view>

#include "coppice/exit_reason.hpp"

namespace coppice::application {

[[nodiscard]] std::string end_text(std::string_view application, const exit_reason& why);
/// Omits the call that failed.
[[nodiscard]] std::string failed_start_text(std::string_view application, const exit_reason& why);

}  // namespace coppice::application
