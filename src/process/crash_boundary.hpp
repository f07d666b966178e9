// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

namespace coppice::detail {

/// Whether it was thrown by `exit(why)`, which is an end and no error.
bool is_plain_exit(const std::exception_ptr& error) noexcept;

}  // namespace coppice::detail
