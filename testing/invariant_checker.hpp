// SPDX-License-Identifier: Apache-2.0
// Invariants of every run, checked during the run.
//
//     1. Between two processes signals of all kinds are received in the order in which they were sent.
//     2. A process is spawned once, ends once, and receives only in between.
//     3. A name has one holder at a time, and a holder loses the name before it ends.

#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/event_sink.hpp"

namespace coppice::testing {

class invariant_checker {
  public:
    void check(const base::event& happened);
    const std::vector<std::string>& broken() const noexcept { return broken_; }

  private:
    void spawned(const base::event& happened);
    void ended(const base::event& happened);
    void named(const base::event& happened);
    void unnamed(const base::event& happened);
    void sent(const base::event& happened);
    void received(const base::event& happened);
    void refused(const base::event& happened);
    void fail(const base::event& happened, const std::string& what);

    using from_whom = std::map<pid, std::deque<const void*>>;

    std::unordered_set<pid> ever_;
    std::unordered_map<pid, from_whom> on_their_way_;  ///< Per living receiver and sender.
    std::unordered_map<std::string, pid> holders_;
    std::unordered_map<pid, std::string> names_;
    std::vector<std::string> broken_;
};

}  // namespace coppice::testing
