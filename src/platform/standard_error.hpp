// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coppice::platform {

/// Writes a line to standard error, in one piece if it is not long. Whoever reads it may have stopped
/// to: after some patience the line is given up, since what comes next is worth more. Takes no lock
/// that somebody could hold who waits there.
void say_line(std::string_view line) noexcept;

}  // namespace coppice::platform
