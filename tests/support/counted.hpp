// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace coppice::test {

/// Counts its living objects: a class with such a member is neither leaked nor destroyed twice. Allowed in
/// messages, since a class with constructors counts as sharing nothing.
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
