// SPDX-License-Identifier: Apache-2.0
// A hash table with open addressing: maps keys to positions in an array. The memory of the cells
// and the keys belong to the owner of the table. `key_at` is the owner's function from a position
// to the key there.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "coppice/detail/contract.hpp"

namespace coppice::base {

template <class Key>
class position_table {
  public:
    static constexpr std::uint32_t none = 0;  ///< A free cell; positions are stored plus one.

    /// Precondition: the number of cells is a power of two, and all cells are `none` at first; the
    /// table never gets full. Not checked: a table is made for each look-up.
    explicit position_table(std::span<std::uint32_t> cells) noexcept : cells_{cells} {}

    /// SIZE_MAX if the key is absent.
    template <class KeyAt>
    std::size_t find(const Key& key, KeyAt key_at) const noexcept {
        const std::uint32_t found = cells_[cell_of(key, key_at)];
        return found == none ? SIZE_MAX : found - 1;
    }

    /// Sets the position of the key, present or new.
    template <class KeyAt>
    void put(const Key& key, std::size_t position, KeyAt key_at) noexcept {
        cells_[cell_of(key, key_at)] = static_cast<std::uint32_t>(position + 1);
    }

    /// Precondition: the key is present.
    template <class KeyAt>
    void erase(const Key& key, KeyAt key_at) noexcept {
        std::size_t hole = cell_of(key, key_at);
        COPPICE_EXPECTS(cells_[hole] != none, "erase a key that is present");
        // Back-shift deletion: an entry behind the hole moves up if a search would stop at the
        // hole before the entry.
        for (std::size_t at = next(hole); cells_[at] != none; at = next(at)) {
            const std::size_t wanted = home_of(key_at(cells_[at] - 1));
            if (((at - wanted) & mask()) >= ((at - hole) & mask())) {
                cells_[hole] = cells_[at];
                hole = at;
            }
        }
        cells_[hole] = none;
    }

  private:
    std::size_t mask() const noexcept { return cells_.size() - 1; }
    std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }

    std::size_t home_of(const Key& key) const noexcept {
        const std::uint64_t mixed = std::hash<Key>{}(key) * 0x9E3779B97F4A7C15ULL;
        return (mixed >> 32U) & mask();
    }

    /// The cell of the key, or the free cell where the key belongs.
    template <class KeyAt>
    std::size_t cell_of(const Key& key, KeyAt key_at) const noexcept {
        std::size_t at = home_of(key);
        while (cells_[at] != none && !(key_at(cells_[at] - 1) == key)) {
            at = next(at);
        }
        return at;
    }

    std::span<std::uint32_t> cells_;
};

}  // namespace coppice::base
