// SPDX-License-Identifier: Apache-2.0

#include "time/owner_lists.hpp"

#include <algorithm>
#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::time {
namespace {

constexpr std::size_t buckets_min = 16;

}  // namespace

owner_lists::~owner_lists() {
    for (owner_list* each : buckets_) {
        while (each != nullptr) {
            delete std::exchange(each, each->next);
        }
    }
}

owner_list& owner_lists::of(std::uint64_t owner) {
    if (owner_list* found = find(owner)) {
        return *found;
    }
    if (count_ == buckets_.size()) {
        grow();
    }
    owner_list*& bucket = buckets_[bucket_of(owner)];
    bucket = new owner_list{owner, bucket};
    ++count_;
    return *bucket;
}

owner_list* owner_lists::find(std::uint64_t owner) const noexcept {
    if (buckets_.empty()) {
        return nullptr;
    }
    owner_list* each = buckets_[bucket_of(owner)];
    while (each != nullptr && each->owner != owner) {
        each = each->next;
    }
    return each;
}

void owner_lists::drop(std::uint64_t owner) noexcept {
    COPPICE_EXPECTS(!buckets_.empty(), "drop an owner that has a list");
    owner_list** link = &buckets_[bucket_of(owner)];
    while (*link != nullptr && (*link)->owner != owner) {
        link = &(*link)->next;
    }
    COPPICE_EXPECTS(*link != nullptr && (*link)->first == nullptr,
                    "drop an owner that has a list, after its timers have left");
    delete std::exchange(*link, (*link)->next);
    --count_;
}

std::size_t owner_lists::bucket_of(std::uint64_t owner) const noexcept {
    // The golden ratio spreads neighbours; the upper half depends on all bits.
    return (owner * 0x9E3779B97F4A7C15ULL >> 32U) & (buckets_.size() - 1);
}

void owner_lists::grow() {
    std::vector<owner_list*> old(std::max(buckets_min, 2 * buckets_.size()));
    old.swap(buckets_);
    for (owner_list* each : old) {
        while (each != nullptr) {
            owner_list* moved = std::exchange(each, each->next);
            moved->next = std::exchange(buckets_[bucket_of(moved->owner)], moved);
        }
    }
}

}  // namespace coppice::time
