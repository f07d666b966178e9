// SPDX-License-Identifier: Apache-2.0
// What all programs need to measure.

#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <coppice/coppice.hpp>

namespace bench {

using namespace coppice;

/// One measured value. Its name is that of the workload with this suffix.
struct figure {
    std::string_view suffix;
    double value;
};
using figures = std::vector<figure>;

// Not written as braced lists where they are used: g++ 12 cannot have these in a coroutine.
figures one_figure(double value);
figures two_figures(figure first, figure second);
/// Of the samples, which are put in order for it. Precondition: there are some.
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

/// How much of a workload is done before the clock starts.
constexpr int warm_up(int count) {
    return count / 10 + 1;
}

/// What each of so many does of `count`: something.
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
