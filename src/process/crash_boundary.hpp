// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include "coppice/exit_reason.hpp"

namespace coppice::process_layer {

/// The exit reason of a process that ran out of memory and caught nothing. The first call needs memory, so
/// the runtime makes that call in time.
const exit_reason& out_of_memory();
/// Whether the exception was thrown by `exit(why)`, which is an end and no error.
bool is_plain_exit(const std::exception_ptr& error) noexcept;
/// Calls `on_error` for the exception in the catch clause around, as if the exception had left the running function
/// of the body. Without effect for a dead process. Precondition: the turn of a process runs.
void fail_here() noexcept;

}  // namespace coppice::process_layer
