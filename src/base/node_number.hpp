// SPDX-License-Identifier: Apache-2.0
// Numbers of nodes: the first part of a pid. A number stands for one runtime of this OS process, or for one
// incarnation of a node elsewhere: a name with a creation. A node that comes back with another creation gets
// another number, so an old pid never identifies a new process. See docs/decisions/021.
//
//     0                   no node; the empty pid
//     1 … 2^31 - 1        the runtimes of this OS process
//     2^31 … 2^32 - 2     nodes elsewhere
//
// Threads    Any. No number is given twice.

#pragma once

#include <cstdint>

namespace coppice::base {

/// The number of the first node elsewhere.
inline constexpr std::uint32_t first_remote_node = std::uint32_t{1} << 31U;

/// Whether the node is elsewhere, and not a runtime of this OS process.
constexpr bool is_remote_node(std::uint32_t node) noexcept {
    return node >= first_remote_node;
}

/// The number of a new runtime. Throws std::length_error when all numbers are used up.
std::uint32_t number_of_new_runtime();
/// The number of an incarnation seen for the first time. Throws likewise. The layer that connects nodes keeps
/// the table from names and creations to numbers.
std::uint32_t number_of_new_remote_node();

}  // namespace coppice::base
