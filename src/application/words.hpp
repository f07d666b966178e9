// SPDX-License-Identifier: Apache-2.0
// Sentences that tell people why a program has to end.

#pragma once

#include <string>
#include <string_view>

#include "coppice/exit_reason.hpp"

namespace coppice::application {

[[nodiscard]] std::string told_of_end(std::string_view application, const exit_reason& why);
/// Without whose call it was that failed.
[[nodiscard]] std::string told_of_failed_start(std::string_view application,
                                               const exit_reason& why);

}  // namespace coppice::application
