// SPDX-License-Identifier: Apache-2.0
// Measuring tools for all benchmark programs.

#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <coppice/coppice.hpp>

namespace bench {

using namespace coppice;

/// One measured value. Its name is the name of the workload plus `suffix`.
struct figure {
    std::string_view suffix;
    double value;
};
using figures = std::vector<figure>;

// Functions instead of braced lists: g++ 12 rejects braced lists in a coroutine.
figures one_figure(double value);
figures two_figures(figure first, figure second);
/// The percentiles of the samples. Sorts the samples. Precondition: not empty.
figures p50_and_p99(std::vector<double>& samples);

class stopwatch {
  public:
    double ns() const {
        return std::chrono::duration<double, std::nano>{clock::now() - started_}.count();
    }
    double ns_each(int count) const { return ns() / count; }

  private:
    using clock = std::chrono::steady_clock;
    clock::time_point started_ = clock::now();
};

/// The number of operations before the clock starts.
constexpr int warm_up(int count) {
    return count / 10 + 1;
}

/// The share of each member in `count` operations; at least 1.
constexpr int share_of(int count, int members) {
    return std::max(1, count / members);
}

template <class M>
task<> receive_all(int count) {
    for (int i = 0; i < count; ++i) {
        co_await receive<M>();
    }
}

}  // namespace bench
