// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include "coppice/exit_reason.hpp"

namespace coppice::detail {

/// Whether it was thrown by `exit(why)`, which is an end and no error.
/// The reason of whoever had no memory and caught nothing, made in time: to ask for it the first time
/// needs memory.
const exit_reason& out_of_memory();
bool is_plain_exit(const std::exception_ptr& error) noexcept;

}  // namespace coppice::detail
