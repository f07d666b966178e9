// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/child_spec.hpp"

namespace coppice::supervise {

/// What a start function that threw has failed with.
enum class thrown_start : bool { as_it_is, in_exit };

/// Runs a start function; what it throws becomes an outcome. The arguments outlive the start.
[[nodiscard]] task<detail::start_outcome> start_child(const child_spec& spec, thrown_start thrown,
                                                      const extra_arguments& extra);

}  // namespace coppice::supervise
