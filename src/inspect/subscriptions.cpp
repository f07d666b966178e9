// SPDX-License-Identifier: Apache-2.0

#include "inspect/subscriptions.hpp"

#include <algorithm>
#include <vector>

#include "coppice/process.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {

void subscription::tell(const json& data) const {
    send(connection, subscription_line{self(), notification_line(number, topic, data)});
}

std::span<const topic> topics() {
    static const std::vector<topic> all = [] {
        std::vector<topic> out{tree_topic()};
        out.insert(out.end(), other_topics().begin(), other_topics().end());
        return out;
    }();
    return all;
}

const topic& find_topic(const std::string& name) {
    const auto all = topics();
    const auto found = std::ranges::find(all, name, &topic::name);
    if (found == all.end()) {
        std::string known;
        for (const topic& each : all) {
            known += (known.empty() ? "" : ", ") + std::string{each.name};
        }
        throw request_error{code::bad_parameter, "topic: has to be one of " + known};
    }
    return *found;
}

}  // namespace coppice::inspect
