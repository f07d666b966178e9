// SPDX-License-Identifier: Apache-2.0
// SplitMix64: the same numbers on every machine, unlike the distributions of the standard library.

#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::test {

class dice {
  public:
    explicit dice(std::uint64_t seed) noexcept : state_{seed} {}
    std::size_t below(std::size_t limit) noexcept {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return (z ^ (z >> 31)) % limit;
    }
    bool percent(std::size_t chance) noexcept { return below(100) < chance; }
    template <class T, std::size_t N>
    T one_of(const T (&values)[N]) noexcept {
        return values[below(N)];
    }

  private:
    std::uint64_t state_;
};

}  // namespace coppice::test
