// SPDX-License-Identifier: Apache-2.0
// The link from a process to threads that serve the process's runtime.

#pragma once

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The calling process's runtime, for threads that send to a living runtime. Null outside of a process, and
/// in a simulation, which has only one thread.
runtime_core* runtime_for_threads() noexcept;
bool is_alive_in(const runtime_core& world, const pid& who) noexcept;

}  // namespace coppice::detail

#pragma GCC visibility pop
