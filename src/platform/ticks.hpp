// SPDX-License-Identifier: Apache-2.0
// The counter of the processor: a reading costs a third of a clock reading, in a unit of its own.
// The length of a tick has to be measured, and is the same for all threads wherever the system
// itself uses the counter as clock.

#pragma once

#include <chrono>
#include <cstdint>

namespace coppice::platform {

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    std::uint64_t out = 0;
    asm volatile("mrs %0, cntvct_el0" : "=r"(out));
    return out;
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Shifted right by so many bits, a tick count advances every few tens of milliseconds, and 32 bits
/// of the shifted count last some years.
#if defined(__aarch64__)
inline constexpr unsigned coarse_ticks = 22;
#else
inline constexpr unsigned coarse_ticks = 26;
#endif

}  // namespace coppice::platform
