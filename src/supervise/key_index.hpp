// SPDX-License-Identifier: Apache-2.0
// Finds a child by its id or its pid. The index stores only hashes and keys. The caller stores the children
// and compares ids or pids.
//
// A hash table with open addressing and linear probing. A lookup usually reads one entry. An insertion
// allocates only when the table doubles.
//
// Invariants
//   1. The capacity is 0 or a power of two, and at least half of the entries are vacant.
//   2. No entry is vacant between the home of a hash and the entry with the hash.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "coppice/pid.hpp"
#include "supervise/action.hpp"

namespace coppice::supervise {

/// Processes that are started in a row have neighbouring indices in the process table. Groups of sixteen
/// stay neighbours in the index, for the cache. The groups are scattered: otherwise pids a power of two
/// apart would collide.
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
    /// Makes room for `count` keys.
    void reserve(std::size_t count);

    /// The key with this hash for which `is_it` is true; `no_child` if there is none.
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

    /// Precondition: the key is absent.
    void insert(std::uint32_t hash, child_key key);
    /// False if the key is absent.
    bool erase(std::uint32_t hash, child_key key) noexcept;
    /// Puts `by` in the place of `key`. Precondition: `key` is present.
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
    /// The position of the key. If the key is absent, the vacant position for it.
    std::size_t place_of(std::uint32_t hash, child_key key) const noexcept;
    void fill_up(std::size_t hole) noexcept;
    void grow_to(std::size_t capacity);

    std::vector<entry> entries_;
    std::size_t size_ = 0;
};

}  // namespace coppice::supervise
