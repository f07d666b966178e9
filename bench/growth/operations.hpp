// SPDX-License-Identifier: Apache-2.0
// Operations on one of very many hosts, in turn. Each returns the average cost of one visit, in ns.

#pragma once

#include <coppice/coppice.hpp>

namespace bench {

struct tour {
    int hosts;  ///< The number of hosts.
    /// The number of visits, one host each, in turn.
    int visits;
};

// processes.cpp
coppice::task<double> visit_by_message(tour along);
coppice::task<double> visit_by_call(tour along);
coppice::task<double> replace(tour along);

// supervision.cpp
coppice::task<double> restart_each(tour along);
coppice::task<double> find_child(tour along);
/// Restarts one child again and again, after `hosts` restarts.
coppice::task<double> restart_again(tour along);

// tables.cpp
coppice::task<double> reset_timer(tour along);
coppice::task<double> look_up(tour along);

}  // namespace bench
