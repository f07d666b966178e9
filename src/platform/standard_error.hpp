// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coppice::platform {

/// Writes a line to standard error, in one piece if the line is short. The reader may have stopped
/// reading: after some patience the rest of the line is dropped, since the work of the caller is
/// worth more. Takes no lock that a thread blocked on standard error could hold.
void say_line(std::string_view line) noexcept;

}  // namespace coppice::platform
