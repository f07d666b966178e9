// SPDX-License-Identifier: Apache-2.0
// Detects growth of a program's memory.

#pragma once

#include <vector>

namespace soak {

/// Samples are taken at equal intervals. The first fifth is warm-up, in which pools and the allocator grow to
/// the demand of all processes. Memory has grown if the median of the last third of the rest exceeds the
/// median of the first third by more than 1 MiB and 2 %. Fluctuations of the allocator are smaller; a leak of
/// a few bytes per process or message is larger within ten minutes.
class memory_watch {
  public:
    void sample();

    bool has_grown() const { return later() > allowed(); }
    /// The medians of the first and of the last third, and the limit for the last, in bytes.
    double earlier() const { return median_of(0); }
    double later() const { return median_of(2); }
    double allowed() const { return earlier() * 1.02 + (1 << 20); }
    double now() const { return samples_.back(); }

  private:
    /// The median of one third of the samples after the warm-up, at least of one sample.
    /// Precondition: there is a sample.
    double median_of(int third) const;

    std::vector<double> samples_;
};

}  // namespace soak
