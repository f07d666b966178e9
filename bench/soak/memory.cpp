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
    const auto begin_of = [&](int thirds) {
        const std::size_t place = warm_up + rest * static_cast<std::size_t>(thirds) / 3;
        return samples_.begin() + static_cast<std::ptrdiff_t>(place);
    };
    const auto first = begin_of(third);
    std::vector<double> chosen{first, std::max(first + 1, begin_of(third + 1))};
    const auto middle = chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2);
    std::ranges::nth_element(chosen, middle);
    return *middle;
}

}  // namespace soak
