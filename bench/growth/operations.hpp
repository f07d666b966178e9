// SPDX-License-Identifier: Apache-2.0
// What is done to one of very many, in turn: what one visit costs on the average, in ns.

#pragma once

#include <coppice/coppice.hpp>

namespace bench {

struct tour {
    int hosts;   ///< How many there are.
    int visits;  ///< How often one of them is visited, each in its turn.
};

// processes.cpp
coppice::task<double> visit_by_message(tour along);
coppice::task<double> visit_by_call(tour along);
coppice::task<double> replace(tour along);

// supervision.cpp
coppice::task<double> restart_each(tour along);
coppice::task<double> find_child(tour along);
/// Of one child, after so many restarts as there are hosts.
coppice::task<double> restart_again(tour along);

// tables.cpp
coppice::task<double> reset_timer(tour along);
coppice::task<double> look_up(tour along);

}  // namespace bench
