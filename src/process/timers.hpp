// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/statistics.hpp"
#include "coppice/timer.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {

/// A timer's value has 7 bits for its shard, and each scheduler thread has one shard.
inline constexpr unsigned timer_shards_max = 128;

/// The key under which a process's timers are kept.
inline std::uint64_t timer_owner(const pid& who) noexcept {
    return (std::uint64_t{who.generation()} << 32U) | who.index();
}

/// See statistics.hpp.
std::vector<timer_glance> glance_at_timers(detail::runtime_core& world, std::size_t limit);

}  // namespace coppice::process_layer
