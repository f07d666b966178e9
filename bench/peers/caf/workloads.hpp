// SPDX-License-Identifier: Apache-2.0
// All workloads.

#pragma once

#include <cstddef>

#include "workload.hpp"

namespace bench {

// messages.cpp
double ping_pong_in_pairs(caf::actor_system& system, int pairs, int count);
double calls(caf::actor_system& system, int count);
double ring(caf::actor_system& system, int members, int count);
double payload(caf::actor_system& system, std::size_t bytes, int count);

// crowds.cpp
double fan_in(caf::actor_system& system, int senders, int count);
double big(caf::actor_system& system, int count);
double fork_join(caf::actor_system& system, int count);
double chameneos(caf::actor_system& system, int count);

// spawning.cpp
double spawn_exit(caf::actor_system& system, int count);
double spawn_chain(caf::actor_system& system, int count);
double memory_process(caf::actor_system& system, int count);

// signals.cpp
double look_up_names(caf::actor_system& system, int count);
double monitor_demonitor(caf::actor_system& system, int count);
double exit_links(caf::actor_system& system, int count);
double exit_monitors(caf::actor_system& system, int count);

// timers.cpp
double timer_set(caf::actor_system& system, int count);
double timer_fire(caf::actor_system& system, int count);

}  // namespace bench
