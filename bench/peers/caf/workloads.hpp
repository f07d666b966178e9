// SPDX-License-Identifier: Apache-2.0
// All workloads.

#pragma once

#include <cstddef>

#include "workload.hpp"

namespace bench {

// messages.cpp
figures ping_pong_in_pairs(caf::actor_system& system, int pairs, int count);
figures calls(caf::actor_system& system, int count);
figures ring(caf::actor_system& system, int members, int count);
figures payload(caf::actor_system& system, std::size_t bytes, int count);

// crowds.cpp
figures fan_in(caf::actor_system& system, int senders, int count);
figures big(caf::actor_system& system, int count);
figures fork_join(caf::actor_system& system, int count);
figures chameneos(caf::actor_system& system, int count);
figures mailbox(caf::actor_system& system, int count);

// spawning.cpp
figures spawn_exit(caf::actor_system& system, int count);
figures spawn_chain(caf::actor_system& system, int count);
figures memory_process(caf::actor_system& system, int count);
figures memory_server(caf::actor_system& system, int count);

// signals.cpp
figures look_up_names(caf::actor_system& system, int count);
figures monitor_demonitor(caf::actor_system& system, int count);
figures exit_links(caf::actor_system& system, int count);
figures exit_monitors(caf::actor_system& system, int count);
figures die_together(caf::actor_system& system, int count);

// timers.cpp
figures timer_set(caf::actor_system& system, int count);
figures timer_fire(caf::actor_system& system, int count);
figures timer_burst(caf::actor_system& system, int count);
figures fairness(caf::actor_system& system, int count);

}  // namespace bench
