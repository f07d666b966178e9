// SPDX-License-Identifier: Apache-2.0

#include "testing/invariant_checker.hpp"

namespace coppice::testing {

void invariant_checker::check(const base::event& happened) {
    switch (happened.kind) {
        case base::event_kind::spawned:
            return spawned(happened);
        case base::event_kind::ended:
            return ended(happened);
        case base::event_kind::named:
            return named(happened);
        case base::event_kind::unnamed:
            return unnamed(happened);
        case base::event_kind::sent:
            return sent(happened);
        case base::event_kind::received:
            return received(happened);
        case base::event_kind::refused:
            return refused(happened);
    }
}

void invariant_checker::spawned(const base::event& happened) {
    if (!ever_.insert(happened.subject).second) {
        fail(happened, "is spawned a second time");
    }
    on_their_way_[happened.subject];
}

void invariant_checker::ended(const base::event& happened) {
    if (on_their_way_.erase(happened.subject) == 0) {
        fail(happened, "ends without being alive");
    }
    if (const auto kept = names_.find(happened.subject); kept != names_.end()) {
        fail(happened, "ends and still has the name " + kept->second);
    }
}

void invariant_checker::named(const base::event& happened) {
    const std::string name{happened.text};
    if (!holders_.emplace(name, happened.subject).second) {
        fail(happened, "gets the name " + name + ", which another process has");
    }
    if (!names_.emplace(happened.subject, name).second) {
        fail(happened, "gets a second name, " + name);
    }
}

void invariant_checker::unnamed(const base::event& happened) {
    const auto held = names_.find(happened.subject);
    if (held == names_.end() || held->second != happened.text) {
        fail(happened, "loses the name " + std::string{happened.text} + " that it did not have");
        return;
    }
    holders_.erase(held->second);
    names_.erase(held);
}

void invariant_checker::sent(const base::event& happened) {
    if (const auto to = on_their_way_.find(happened.other); to != on_their_way_.end()) {
        to->second[happened.subject].push_back(happened.signal);
    }
}

void invariant_checker::received(const base::event& happened) {
    const auto to = on_their_way_.find(happened.subject);
    if (to == on_their_way_.end()) {
        fail(happened, "receives without being alive");
        return;
    }
    const auto waiting = to->second.find(happened.other);
    if (waiting == to->second.end() || waiting->second.front() != happened.signal) {
        fail(happened, "receives out of order from " + to_string(happened.other));
        return;
    }
    waiting->second.pop_front();
    if (waiting->second.empty()) {
        to->second.erase(waiting);
    }
}

/// Messages that were sent before the refused one may still be in the inbox.
void invariant_checker::refused(const base::event& happened) {
    const auto to = on_their_way_.find(happened.subject);
    if (to == on_their_way_.end()) {
        return;
    }
    const auto waiting = to->second.find(happened.other);
    if (waiting == to->second.end() || std::erase(waiting->second, happened.signal) == 0) {
        fail(happened, "refuses a message that was not sent by " + to_string(happened.other));
        return;
    }
    if (waiting->second.empty()) {
        to->second.erase(waiting);
    }
}

void invariant_checker::fail(const base::event& happened, const std::string& what) {
    broken_.push_back("at " + std::to_string(happened.at.count()) +
                      " ns: " + to_string(happened.subject) + ' ' + what);
}

}  // namespace coppice::testing
