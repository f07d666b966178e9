// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace coppice::cli {

/// The bytes of a file, or of standard input if it is called "-"; or what is wrong with it, and the
/// remedy. No more than `most` bytes are read, whatever there is.
[[nodiscard]] std::expected<std::string, std::string> read_input(const std::string& file,
                                                                 std::size_t most);

}  // namespace coppice::cli
