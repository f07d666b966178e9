// SPDX-License-Identifier: Apache-2.0

#include "process/ancestry.hpp"

#include <utility>

namespace coppice::detail {
namespace {

/// The nearest `count` of them.
ancestry shortened(const ancestry& from, std::size_t count) {
    if (count == 0 || from == nullptr) {
        return nullptr;
    }
    return std::make_shared<const ancestor>(from->who, from->name,
                                            shortened(from->older, count - 1), count);
}

}  // namespace

ancestry descend(const pid& who, std::string name, ancestry older) {
    if (older != nullptr && older->depth == ancestors_max) {
        older = shortened(older, ancestors_max / 2 - 1);
    }
    const std::size_t depth = older == nullptr ? 1 : older->depth + 1;
    return std::make_shared<const ancestor>(who, std::move(name), std::move(older), depth);
}

std::vector<std::string> names_of(const ancestry& nearest) {
    std::vector<std::string> out;
    for (const ancestor* each = nearest.get(); each != nullptr; each = each->older.get()) {
        out.push_back(each->name.empty() ? to_string(each->who) : each->name);
    }
    return out;
}

}  // namespace coppice::detail
