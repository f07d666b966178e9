// SPDX-License-Identifier: Apache-2.0

#include "coppice/pid.hpp"

#include <ostream>

namespace coppice {

std::string to_string(const pid& who) {
    if (!who) {
        return "undefined";
    }
    return "<0." + std::to_string(who.index()) + "." + std::to_string(who.generation()) + ">";
}

std::string to_string(const ref& which) {
    return "#Ref<" + std::to_string(which.value() >> 48U) + "." +
           std::to_string(which.value() & 0xFFFFFFFFFFFFULL) + ">";
}

std::ostream& operator<<(std::ostream& out, const pid& who) {
    return out << to_string(who);
}

std::ostream& operator<<(std::ostream& out, const ref& which) {
    return out << to_string(which);
}

}  // namespace coppice
