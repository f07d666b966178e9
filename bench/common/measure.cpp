// SPDX-License-Identifier: Apache-2.0

#include "common/measure.hpp"

#include <algorithm>

namespace bench {

figures one_figure(double value) {
    return {{"", value}};
}

figures two_figures(figure first, figure second) {
    return {first, second};
}

figures p50_and_p99(std::vector<double>& samples) {
    std::ranges::sort(samples);
    const std::size_t last = samples.size() - 1;
    return two_figures({"_p50", samples[last / 2]}, {"_p99", samples[last * 99 / 100]});
}

}  // namespace bench
