// SPDX-License-Identifier: Apache-2.0
// Events heard by telemetry handlers, on any thread.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "coppice/telemetry.hpp"

namespace coppice::test {

template <class Event = std::string>
class heard {
  public:
    void add(Event what) const {
        const std::scoped_lock lock{kept_->mutex};
        kept_->all.push_back(std::move(what));
    }
    std::vector<Event> all() const {
        const std::scoped_lock lock{kept_->mutex};
        return kept_->all;
    }
    std::size_t size() const { return all().size(); }

  private:
    struct kept {
        std::mutex mutex;
        std::vector<Event> all;
    };
    std::shared_ptr<kept> kept_ = std::make_shared<kept>();
};

/// A handler that keeps events of one type.
template <class Event>
auto keeps(const heard<Event>& in) {
    return [in](const Event& e) { in.add(e); };
}

/// All events of calls, one text each.
inline void attach_call_words(const std::string& id, const heard<>& in) {
    telemetry::attach(
        id, [in](const telemetry::call_start&) { in.add("start"); },
        [in](const telemetry::call_stop&) { in.add("stop"); },
        [in](const telemetry::call_exception& e) {
            in.add("exception " + std::string{to_string(e.how)});
        });
}

}  // namespace coppice::test
