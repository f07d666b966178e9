// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "coppice/exit_reason.hpp"

namespace coppice::detail {

/// As `to_string`, as far as there is room; what is cut ends in "...". Runs no code of the user's: of a value
/// of the user's it shows the type. Answers how much it wrote.
std::size_t print_briefly(const exit_reason& why, std::span<char> room) noexcept;

}  // namespace coppice::detail
