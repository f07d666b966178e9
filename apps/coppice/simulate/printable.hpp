// SPDX-License-Identifier: Apache-2.0
// Text of unknown origin, made safe for a terminal.

#pragma once

#include <string>
#include <string_view>

namespace coppice::cli {

/// Writes control characters, and bytes that are not UTF-8, as \x1B; copies the rest.
[[nodiscard]] std::string printable(std::string_view text);

/// At most `most` bytes of the text, cut between characters, with … in place of the rest.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most = 60);

}  // namespace coppice::cli
