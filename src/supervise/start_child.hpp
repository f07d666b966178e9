// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "coppice/child_spec.hpp"
#include "coppice/detail/shared_text.hpp"

namespace coppice::supervise {

/// Runs a start function when it is awaited; what it throws becomes an outcome. The arguments outlive
/// the start. `id` is of nothing for the child of a dynamic supervisor: then a start function that throws has failed
/// with `why`, and else with `{'EXIT', why}`. Empty if there is no memory for it.
[[nodiscard]] std::optional<task<detail::start_outcome>> start_child(
    const child_spec& spec, const detail::shared_text& id, const extra_arguments& extra) noexcept;
/// What comes of it then.
[[nodiscard]] detail::start_outcome start_without_memory();

}  // namespace coppice::supervise
