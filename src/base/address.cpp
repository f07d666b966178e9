// SPDX-License-Identifier: Apache-2.0

#include "coppice/address.hpp"

#include <ostream>

namespace coppice {

std::strong_ordering detail::compare_via(const via_name& left, const via_name& right) {
    if (left.equals(right)) {
        return std::strong_ordering::equal;
    }
    if (const auto names = left.registry() <=> right.registry(); names != 0) {
        return names;
    }
    const auto hashes = left.hash() <=> right.hash();
    return hashes != 0 ? hashes : std::compare_three_way{}(&left, &right);
}

std::string to_string(const address& to) {
    if (const detail::via_name* const via = to.via()) {
        return "{via,registry,{" + via->registry() + "," + via->key() + "}}";
    }
    return to.is_name() ? to.name() : to_string(to.who());
}

std::ostream& operator<<(std::ostream& out, const address& to) {
    return out << to_string(to);
}

}  // namespace coppice
