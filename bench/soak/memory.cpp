// SPDX-License-Identifier: Apache-2.0

#include "memory.hpp"

#include <algorithm>
#include <cstddef>

#include "common/program.hpp"

namespace soak {

void memory_watch::sample() {
    samples_.push_back(bench::resident_bytes());
}

double memory_watch::median_of(int third) const {
    const std::size_t warm_up = samples_.size() / 5;
    const std::size_t rest = samples_.size() - warm_up;
    const auto place = [&](int thirds) {
        return samples_.begin() +
               static_cast<std::ptrdiff_t>(warm_up + rest * static_cast<std::size_t>(thirds) / 3);
    };
    std::vector<double> chosen{place(third), place(third + 1)};
    const auto middle = chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2);
    std::ranges::nth_element(chosen, middle);
    return *middle;
}

}  // namespace soak
