// SPDX-License-Identifier: Apache-2.0
// The type of a workload, and measuring tools for all workloads.

#pragma once

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/all.hpp>

namespace bench {

/// One measured value. Its name is the name of the workload plus `suffix`.
struct figure {
    std::string_view suffix;
    double value;
};

/// One figure without a suffix, or several.
class figures {
  public:
    figures(double only) : all_{{"", only}} {}
    figures(std::initializer_list<figure> several) : all_{several} {}
    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }

  private:
    std::vector<figure> all_;
};

/// Does about `count` operations and returns the cost of one.
using workload = figures (*)(caf::actor_system& system, int count);

using go = caf::atom_constant<caf::atom("go")>;
using done = caf::atom_constant<caf::atom("done")>;
using hello = caf::atom_constant<caf::atom("hello")>;

class stopwatch {
  public:
    double ns() const {
        return std::chrono::duration<double, std::nano>{clock::now() - started_}.count();
    }
    double ns_each(int count) const { return ns() / count; }

  private:
    using clock = std::chrono::steady_clock;
    clock::time_point started_ = clock::now();
};

/// The number of operations before the clock starts.
constexpr int warm_up(int count) {
    return count / 10 + 1;
}

constexpr int share_of(int count, int parts) {
    return std::max(count / parts, 1);
}

/// Waits for `count` messages `done`.
inline void wait_for_done(caf::scoped_actor& me, int count = 1) {
    int heard = 0;
    me->receive_for(heard, count)([](done) {});
}

inline void tell_all(caf::scoped_actor& me, const std::vector<caf::actor>& all) {
    for (const caf::actor& each : all) {
        me->send(each, go::value);
    }
}

inline void kill_all(const std::vector<caf::actor>& all) {
    for (const caf::actor& each : all) {
        caf::anon_send_exit(each, caf::exit_reason::kill);
    }
}

inline caf::actor handle_of(caf::scoped_actor& me) {
    return caf::actor_cast<caf::actor>(me);
}

/// Replies to the sender of the current message. A little faster than a
/// returned value, which makes a promise.
template <class... Values>
void send_back(caf::event_based_actor* self, Values&&... values) {
    self->send(caf::actor_cast<caf::actor>(self->current_sender()),
               std::forward<Values>(values)...);
}

/// Tells `starter` after `count` messages `hello`.
inline caf::behavior tally(caf::event_based_actor* self, caf::actor starter, int count) {
    return {[self, starter, left = count](hello) mutable {
        if (--left == 0) {
            self->send(starter, done::value);
        }
    }};
}

}  // namespace bench
