// SPDX-License-Identifier: Apache-2.0
// The processor's own counter: a third of what the clock costs, in a unit of its own. What a tick is worth has
// to be measured; it is the same for all threads wherever the system itself goes by this counter.

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

/// So many bits to the right a tick counts some tens of milliseconds, and 32 bits of those some years.
#if defined(__aarch64__)
inline constexpr unsigned coarse_ticks = 22;
#else
inline constexpr unsigned coarse_ticks = 26;
#endif

}  // namespace coppice::platform
