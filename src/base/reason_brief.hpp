// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "coppice/exit_reason.hpp"

namespace coppice::base {

/// As `to_string`, but limited to `room`; a text that is cut ends in `...`. Runs no user code: of a
/// user value only the type is printed. Returns the number of characters written.
std::size_t print_briefly(const exit_reason& why, std::span<char> room) noexcept;

}  // namespace coppice::base
