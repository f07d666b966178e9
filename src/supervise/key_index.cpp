// SPDX-License-Identifier: Apache-2.0

#include "supervise/key_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::supervise {
namespace {

constexpr std::size_t capacity_min = 8;

constexpr std::size_t capacity_for(std::size_t count) {
    return std::max(capacity_min, std::bit_ceil(2 * count));
}

}  // namespace

void key_index::reserve(std::size_t count) {
    if (capacity_for(count) > entries_.size()) {
        grow_to(capacity_for(count));
    }
}

void key_index::insert(std::uint32_t hash, child_key key) {
    reserve(size_ + 1);
    entry& place = entries_[place_of(hash, key)];
    COPPICE_EXPECTS(place.is_vacant(), "insert a key that is absent");
    place = {hash, key};
    ++size_;
}

bool key_index::erase(std::uint32_t hash, child_key key) noexcept {
    if (entries_.empty()) {
        return false;
    }
    const std::size_t at = place_of(hash, key);
    if (entries_[at].is_vacant()) {
        return false;
    }
    fill_up(at);
    --size_;
    return true;
}

void key_index::replace(std::uint32_t hash, child_key key, child_key by) noexcept {
    COPPICE_EXPECTS(!entries_.empty(), "replace a key that is present");
    entry& place = entries_[place_of(hash, key)];
    COPPICE_EXPECTS(!place.is_vacant(), "replace a key that is present");
    place.key = by;
}

std::size_t key_index::place_of(std::uint32_t hash, child_key key) const noexcept {
    std::size_t at = home_of(hash);
    while (!entries_[at].is_vacant() && entries_[at].key != key) {
        at = after(at);
    }
    return at;
}

/// Back-shift deletion: later entries move back if the vacant entry would hide them from lookups.
void key_index::fill_up(std::size_t hole) noexcept {
    for (std::size_t at = after(hole); !entries_[at].is_vacant(); at = after(at)) {
        const std::size_t from_home = (at - home_of(entries_[at].hash)) & mask();
        const std::size_t from_hole = (at - hole) & mask();
        if (from_home >= from_hole) {
            entries_[std::exchange(hole, at)] = entries_[at];
        }
    }
    entries_[hole] = {};
}

void key_index::grow_to(std::size_t capacity) {
    const std::vector<entry> old = std::exchange(entries_, std::vector<entry>(capacity));
    for (const entry& each : old) {
        if (!each.is_vacant()) {
            entries_[place_of(each.hash, each.key)] = each;
        }
    }
}

}  // namespace coppice::supervise
