// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace coppice::test {

/// Counts itself among the objects that exist: what it is a member of is not lost, nor destroyed
/// twice. It may be in a message, as a class with constructors is believed to share nothing.
class counted {
  public:
    counted() noexcept { ++existing_; }
    counted(const counted&) noexcept { ++existing_; }
    counted& operator=(const counted&) noexcept = default;
    ~counted() { --existing_; }
    static long existing() noexcept { return existing_.load(); }

  private:
    inline static std::atomic<long> existing_{0};
};

}  // namespace coppice::test
