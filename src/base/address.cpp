// SPDX-License-Identifier: Apache-2.0

#include "coppice/address.hpp"

#include <ostream>

namespace coppice {

std::string to_string(const address& to) {
    return to.is_name() ? to.name() : to_string(to.who());
}

std::ostream& operator<<(std::ostream& out, const address& to) {
    return out << to_string(to);
}

}  // namespace coppice
