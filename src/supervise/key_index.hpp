// SPDX-License-Identifier: Apache-2.0
// Finds a child by what it is known by, its id or its pid. The index keeps hashes and keys only; what
// they stand for is where the children are, and whoever searches compares it there.
//
// An open table: finding a child looks at one place of it, and adding one allocates nothing but when
// the table doubles.
//
// Invariants
//   1. The capacity is 0 or a power of two, and at least half of it is vacant.
//   2. No place is vacant between where a hash belongs and where its entry is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "coppice/pid.hpp"
#include "supervise/plan.hpp"

namespace coppice::supervise {

/// Processes that are started one after another are neighbours in the process table. Sixteen of them
/// stay neighbours here; beyond that they are scattered, or pids a power of two apart would collide.
inline std::uint32_t hash_of(const pid& who) noexcept {
    constexpr std::uint32_t neighbours = 16;
    const std::uint32_t scattered = (who.index() / neighbours) * 0x9E3779B1U;
    return (scattered ^ scattered >> 16U) * neighbours + who.index() % neighbours;
}
inline std::uint32_t hash_of(std::string_view id) noexcept {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(id));
}

class key_index {
  public:
    std::size_t size() const noexcept { return size_; }
    /// Room for so many.
    void reserve(std::size_t count);

    /// The key with this hash of which `is_it` says so; `no_child` if there is none.
    template <class IsIt>
    child_key find(std::uint32_t hash, IsIt is_it) const {
        if (entries_.empty()) {
            return no_child;
        }
        for (std::size_t at = home_of(hash); !entries_[at].is_vacant(); at = after(at)) {
            if (entries_[at].hash == hash && is_it(entries_[at].key)) {
                return entries_[at].key;
            }
        }
        return no_child;
    }

    /// Precondition: it is not there.
    void insert(std::uint32_t hash, child_key key);
    /// False if it is not there.
    bool erase(std::uint32_t hash, child_key key) noexcept;
    /// Another key in the place of one that is there.
    void replace(std::uint32_t hash, child_key key, child_key by) noexcept;

  private:
    struct entry {
        std::uint32_t hash = 0;
        child_key key = no_child;
        bool is_vacant() const noexcept { return key == no_child; }
    };

    std::size_t mask() const noexcept { return entries_.size() - 1; }
    std::size_t home_of(std::uint32_t hash) const noexcept { return hash & mask(); }
    std::size_t after(std::size_t at) const noexcept { return (at + 1) & mask(); }
    /// Where it is, or the vacant place where it could be.
    std::size_t place_of(std::uint32_t hash, child_key key) const noexcept;
    void fill_up(std::size_t hole) noexcept;
    void grow_to(std::size_t capacity);

    std::vector<entry> entries_;
    std::size_t size_ = 0;
};

}  // namespace coppice::supervise
