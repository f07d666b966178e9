// SPDX-License-Identifier: Apache-2.0
// The runtimes of the OS process, found by the node of a pid: for signals from any thread.
//
// Threads    Any.

#pragma once

#include <cstdint>
#include <memory>

#include "coppice/detail/kernel.hpp"

namespace coppice::process_layer {

/// From now on the runtime can be found, until the destructor forgets the runtime.
void make_known(const std::shared_ptr<detail::runtime_core>& world);
void forget(const detail::runtime_core& world) noexcept;

/// Sends from no process, even in a process's turn, through the runtime with the number `node`. Consumes the
/// signal. If the runtime has ended, the signal is destroyed.
void deliver_through(std::uint32_t node, const pid& to, detail::signal* sent) noexcept;

/// A thread that is no process may belong to a runtime: a thread of the pool, or a thread with a scope of the
/// program. Returns the previous node; 0 is none.
std::uint32_t exchange_node_of_thread(std::uint32_t node) noexcept;
std::uint32_t node_of_thread() noexcept;
/// The runtime to which the thread belongs, or else the only runtime of the OS process, unless that is a
/// simulation. Null if there is none, and for a simulation on another thread.
std::shared_ptr<detail::runtime_core> runtime_of_thread() noexcept;

}  // namespace coppice::process_layer
