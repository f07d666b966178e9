// SPDX-License-Identifier: Apache-2.0
// Whether a program's memory grows.

#pragma once

#include <vector>

namespace soak {

/// Samples are taken at equal distances. The first fifth is warm-up: pools and the allocator take
/// what so many processes need at once. The rest has grown if its last third holds more than its first
/// third, each by its median, by more than 1 MiB and 2 %: the allocator's own changes are smaller, and
/// in ten minutes a leak of a few bytes for each process or message is larger.
class memory_watch {
  public:
    void sample();

    bool has_grown() const { return later() > allowed(); }
    /// The medians of the first and of the last third, and what the last may be; in bytes.
    double earlier() const { return median_of(0); }
    double later() const { return median_of(2); }
    double allowed() const { return earlier() * 1.02 + (1 << 20); }
    double now() const { return samples_.back(); }

  private:
    /// Of a third of what follows the warm-up, or of one sample. Precondition: there is one.
    double median_of(int third) const;

    std::vector<double> samples_;
};

}  // namespace soak
