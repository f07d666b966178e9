// SPDX-License-Identifier: Apache-2.0

#include "process/bonds.hpp"

namespace coppice::process_layer {

std::vector<pid> bonds::links() const {
    std::vector<pid> out;
    for (const auto& [peer, state] : links_) {
        if (state == linked) {
            out.push_back(peer);
        }
    }
    return out;
}

std::vector<pid> bonds::targets() const {
    std::vector<pid> out;
    for (const auto& [tag, target] : watching_) {
        out.push_back(target);
    }
    return out;
}

std::vector<pid> bonds::watchers() const {
    std::vector<pid> out;
    for (const auto& [tag, each] : monitored_by_) {
        out.push_back(each.who);
    }
    return out;
}

}  // namespace coppice::process_layer
