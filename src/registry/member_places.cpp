// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/member_places.hpp"

#include <unordered_map>
#include <vector>

namespace coppice::detail {

struct member_places::table {
    std::unordered_map<pid, std::size_t> places;
    std::vector<std::size_t> free;  ///< Has room for all places.
    std::size_t used = 0;           ///< The number of places that were ever given.
};

member_places::member_places() : table_{std::make_unique<table>()} {}
member_places::~member_places() = default;

std::size_t member_places::find(const pid& who) const noexcept {
    const auto found = table_->places.find(who);
    return found == table_->places.end() ? none : found->second;
}

std::size_t member_places::place_for(const pid& who) {
    if (const std::size_t place = find(who); place != none) {
        return place;
    }
    table& t = *table_;
    const bool is_new = t.free.empty();
    if (is_new && t.free.capacity() <= t.used) {
        t.free.reserve(2 * t.used + 8);
    }
    const std::size_t place = is_new ? t.used : t.free.back();
    t.places.emplace(who, place);
    if (is_new) {
        ++t.used;
    } else {
        t.free.pop_back();
    }
    return place;
}

void member_places::free_place_of(const pid& who) noexcept {
    const auto found = table_->places.find(who);
    table_->free.push_back(found->second);
    table_->places.erase(found);
}

}  // namespace coppice::detail
