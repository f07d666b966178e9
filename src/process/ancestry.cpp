// SPDX-License-Identifier: Apache-2.0

#include "process/ancestry.hpp"

#include <utility>

#include "coppice/detail/contract.hpp"

namespace coppice::process_layer {
namespace {

const ancestry& oldest(const ancestry& nearest) noexcept {
    const ancestry* each = &nearest;
    while (*each && (*each)->older) {
        each = &(*each)->older;
    }
    return *each;
}

/// A copy with `count` entries: the nearest, and the oldest. Precondition: `from` has more.
ancestry shortened(const ancestry& from, std::size_t count) {
    COPPICE_EXPECTS(from && count > 0, "shorten an ancestry to fewer entries than it has");
    if (count == 1) {
        return oldest(from);
    }
    return ancestry{new ancestor{from->who, from->name, shortened(from->older, count - 1), count}};
}

}  // namespace

ancestry::ancestry(const ancestry& other) noexcept : nearest_{other.nearest_} {
    if (nearest_ != nullptr) {
        nearest_->references.fetch_add(1, std::memory_order_relaxed);
    }
}

[[gnu::noinline]] void ancestry::destroy(const ancestor* last) noexcept {
    delete last;
}

ancestry descend(const pid& who, std::string name, ancestry older) {
    if (older && older->depth == ancestors_max) {
        older = shortened(older, ancestors_max / 2);
    }
    const std::size_t depth = older ? older->depth + 1 : 1;
    return ancestry{new ancestor{who, std::move(name), std::move(older), depth}};
}

pid first_of(const ancestry& nearest) noexcept {
    const ancestry& first = oldest(nearest);
    return first ? first->who : pid{};
}

std::vector<std::string> names_of(const ancestry& nearest) {
    std::vector<std::string> out;
    for (const ancestor* each = nearest.get(); each != nullptr; each = each->older.get()) {
        out.push_back(each->name.empty() ? to_string(each->who) : each->name);
    }
    return out;
}

}  // namespace coppice::process_layer
