// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace coppice::cli {

/// The bytes of a file, or of standard input for "-"; on failure the problem with its
/// remedy. Reads at most `most` bytes.
[[nodiscard]] std::expected<std::string, std::string> read_input(const std::string& file,
                                                                 std::size_t most);

}  // namespace coppice::cli
