// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "coppice/child_spec.hpp"
#include "coppice/detail/shared_text.hpp"

namespace coppice::supervise {

/// Runs a start function when awaited. An exception becomes an outcome. The arguments must outlive the task.
/// Empty if memory runs out.
///
/// `id` is null for the child of a dynamic supervisor. The id decides the reason after an exception:
/// `{'EXIT', why}` with an id, as in OTP, and `why` without.
[[nodiscard]] std::optional<task<detail::start_outcome>> start_child(
    const child_spec& spec, const detail::shared_text& id, const extra_arguments& extra) noexcept;
/// The outcome if `start_child` returned nothing.
[[nodiscard]] detail::start_outcome start_without_memory();

}  // namespace coppice::supervise
