// SPDX-License-Identifier: Apache-2.0
// All workloads. Each does about `count` operations and returns the cost of one.

#pragma once

#include "common/measure.hpp"

namespace bench {

struct workload {
    std::string_view name;
    std::string_view unit;
    task<figures> (*run)(int count);
};

task<figures> nothing(int count);

// messages.cpp
task<figures> ping_pong(int count);
task<figures> ping_pong_in_pairs(int pairs, int count);
task<figures> calls(int count);
task<figures> ring(int members, int count);
task<figures> payload(std::size_t bytes, int count);

// crowds.cpp
task<figures> fan_in(int senders, int count);
task<figures> big(int count);
task<figures> fork_join(int count);
task<figures> chameneos(int count);
task<figures> mailbox(int count);

// spawning.cpp
task<figures> spawn_exit(int count);
task<figures> spawn_chain(int count);
task<figures> memory_process(int count);
task<figures> memory_server(int count);

// supervision.cpp
task<figures> kill_restart(int count);
task<figures> crash_restart(int count);
task<figures> static_supervisor(int count);
task<figures> dynamic_children(int count);
task<figures> group_restart(restart_strategy strategy, int count);
task<figures> which_children(int count);
task<figures> count_children(int count);

// signals.cpp
task<figures> look_up_names(int count);
task<figures> monitor_demonitor(int count);
task<figures> exit_links(int count);
task<figures> exit_monitors(int count);
task<figures> die_together(int count);

// registries.cpp
task<figures> registry_look_up(int count);
task<figures> registry_register(int count);
task<figures> registry_dispatch(int count);

// timers.cpp
task<figures> timer_set(int count);
task<figures> timer_cancel(int count);
task<figures> timer_fire(int count);
task<figures> timer_burst(int count);
task<figures> fairness(int count);

}  // namespace bench
