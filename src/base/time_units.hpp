// SPDX-License-Identifier: Apache-2.0
// The units of durations for `show` and `read`.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace coppice::base {

struct time_unit {
    std::intmax_t numerator;
    std::intmax_t denominator;
    std::string_view name;
};
inline constexpr std::array<time_unit, 7> time_units{{{1, 1'000'000'000, "ns"},
                                                      {1, 1'000'000, "us"},
                                                      {1, 1'000, "ms"},
                                                      {1, 1, "s"},
                                                      {60, 1, "min"},
                                                      {3600, 1, "h"},
                                                      {86400, 1, "d"}}};

}  // namespace coppice::base
