// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "coppice/child_spec.hpp"

namespace coppice::supervise {

/// What a start function that threw has failed with.
enum class thrown_start : bool { as_it_is, in_exit };

/// Runs a start function when it is awaited; what it throws becomes an outcome. The arguments outlive
/// the start. Empty if there is no memory for it.
[[nodiscard]] std::optional<task<detail::start_outcome>> start_child(
    const child_spec& spec, thrown_start thrown, const extra_arguments& extra) noexcept;
/// What comes of it then.
[[nodiscard]] detail::start_outcome start_without_memory();

}  // namespace coppice::supervise
