// SPDX-License-Identifier: Apache-2.0
// Actions repeated without end. One round of a churn leaves nothing behind.

#pragma once

#include <string_view>

#include <coppice/coppice.hpp>

namespace soak {

struct churn {
    std::string_view name;
    coppice::task<> (*one_round)();
    /// Processes that run the churn at once: more where a churn mostly waits.
    int copies = 1;
};

// processes.cpp
coppice::task<> spawn_and_end();
coppice::task<> die_of_links();
coppice::task<> watch_and_forget();
coppice::task<> come_and_go_by_name();

// supervision.cpp
coppice::task<> crash_and_restart();
coppice::task<> start_and_stop_children();

// messages.cpp
coppice::task<> set_and_cancel_timers();
coppice::task<> pass_large_messages();
coppice::task<> give_up_calls();

inline constexpr churn churns[] = {
    {"processes spawned and ended", spawn_and_end},
    {"groups ended by links", die_of_links},
    {"monitors and links made and undone", watch_and_forget},
    {"names taken and left", come_and_go_by_name},
    {"children that crashed or were killed", crash_and_restart, 4},
    {"dynamic children started and stopped", start_and_stop_children, 4},
    {"timers set, fired and cancelled", set_and_cancel_timers},
    {"large messages passed on", pass_large_messages},
    {"calls given up", give_up_calls},
};

/// An error ends the churn and the whole run, with the words `otherwise`.
void require(bool holds, std::string_view otherwise);

}  // namespace soak
