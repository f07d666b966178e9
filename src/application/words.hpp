// SPDX-License-Identifier: Apache-2.0
// Texts for users about the reason why a program has to end.

#pragma once

#include <string>
#include <string_view>

#include "coppice/exit_reason.hpp"

namespace coppice::application {

[[nodiscard]] std::string told_of_end(std::string_view application, const exit_reason& why);
/// Omits the call that failed.
[[nodiscard]] std::string told_of_failed_start(std::string_view application,
                                               const exit_reason& why);

}  // namespace coppice::application
