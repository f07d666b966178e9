// SPDX-License-Identifier: Apache-2.0
// From a process to threads that serve its runtime.

#pragma once

#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The calling process's runtime, for threads that send to it while it lives. Null where no process acts,
/// and in a simulation, which has one thread.
runtime_core* world_for_threads() noexcept;
bool is_alive_in(const runtime_core& world, const pid& who) noexcept;

}  // namespace coppice::detail

#pragma GCC visibility pop
