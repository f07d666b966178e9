// SPDX-License-Identifier: Apache-2.0
// Runs where a message is in the mailbox when `send` returns: the plain schedule of the simulator, and scheduler
// threads. The other schedules of the simulator keep signals in transit.

#pragma once

#include "support/worlds.hpp"

namespace coppice::test {

template <class Body>
void run_without_delays(Body body) {
    run_simulated(body, 1);
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, body);
    }
}

}  // namespace coppice::test
