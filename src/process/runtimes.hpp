// SPDX-License-Identifier: Apache-2.0
// The runtimes of this OS process, found by what their pids say of them: for what may be sent from
// anywhere.
//
// Threads    Any.

#pragma once

#include <cstdint>
#include <memory>

#include "coppice/detail/kernel.hpp"

namespace coppice::detail {

/// From now until it is destroyed it is found.
void make_known(const std::shared_ptr<runtime_core>& world);
void forget(const runtime_core& world) noexcept;

/// Sends from nobody, whatever runs on this thread. Consumes the signal; drops it if the runtime is no
/// more.
void deliver_anywhere(const pid& to, signal* sent) noexcept;

}  // namespace coppice::detail
