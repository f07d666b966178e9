// SPDX-License-Identifier: Apache-2.0

#include "coppice/pid.hpp"

#include <ostream>

#include "base/node_number.hpp"

namespace coppice {

namespace {

/// The number of a node as printed: 0 for each runtime of this OS process.
std::string printed_node(std::uint32_t node) {
    return std::to_string(base::is_remote_node(node) ? node - base::first_remote_node + 1 : 0);
}

}  // namespace

std::string to_string(const pid& who) {
    if (!who) {
        return "undefined";
    }
    return "<" + printed_node(who.node()) + "." + std::to_string(who.index()) + "." +
           std::to_string(who.generation()) + ">";
}

std::string to_string(const ref& which) {
    const std::string node = which.node() == 0 ? "" : printed_node(which.node()) + ".";
    return "#Ref<" + node + std::to_string(which.value() >> 48U) + "." +
           std::to_string(which.value() & 0xFFFFFFFFFFFFULL) + ">";
}

std::ostream& operator<<(std::ostream& out, const pid& who) {
    return out << to_string(who);
}

std::ostream& operator<<(std::ostream& out, const ref& which) {
    return out << to_string(which);
}

}  // namespace coppice
