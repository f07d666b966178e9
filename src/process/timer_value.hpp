// SPDX-License-Identifier: Apache-2.0
// The value of a timer as the program sees it: a mark, so that the value is never 0; 7 bits of shard; 24 of
// generation; 32 of slot.

#pragma once

#include <cstdint>

#include "coppice/timer.hpp"
#include "time/timer_ids.hpp"

namespace coppice::process_layer {

struct timer_place {
    unsigned shard;
    time::timer_id id;
};

namespace timer_bits {
inline constexpr std::uint64_t mark = std::uint64_t{1} << 63U;
inline constexpr unsigned shard_at = 56;
inline constexpr unsigned generation_at = 32;
inline constexpr std::uint64_t shard_mask = 0x7F;
}  // namespace timer_bits

inline timer_place place_of(std::uint64_t value) noexcept {
    using namespace timer_bits;
    return {static_cast<unsigned>((value >> shard_at) & shard_mask),
            {static_cast<std::uint32_t>(value),
             static_cast<std::uint32_t>(value >> generation_at) & time::timer_id::generation_mask}};
}

inline timer value_of(const timer_place& where) noexcept {
    using namespace timer_bits;
    return timer{mark | (std::uint64_t{where.shard} << shard_at) |
                 (std::uint64_t{where.id.generation} << generation_at) | where.id.slot};
}

}  // namespace coppice::process_layer
