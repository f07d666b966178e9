// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace coppice::observe {

/// "850 ms", "2.5 s", "12 s": as precise as a reader of a tree needs, rounded up.
inline std::string delay_text(std::chrono::nanoseconds left) {
    const std::int64_t milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (milliseconds < 1000) {
        return std::to_string(milliseconds) + " ms";
    }
    if (milliseconds >= 10'000) {
        return std::to_string((milliseconds + 999) / 1000) + " s";
    }
    const std::int64_t tenths = (milliseconds + 99) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace coppice::observe
