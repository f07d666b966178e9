// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/runtime_for_threads.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"
#include "sched/sim_scheduler.hpp"

namespace coppice::detail {

runtime_core* runtime_for_threads() noexcept {
    runtime_core* const world = in_process() ? process_layer::runtime_of_caller() : nullptr;
    const bool is_simulated =
        world != nullptr && dynamic_cast<sched::sim_scheduler*>(&world->scheduler()) != nullptr;
    return is_simulated ? nullptr : world;
}

bool is_alive_in(const runtime_core& world, const pid& who) noexcept {
    return world.is_open(who);
}

}  // namespace coppice::detail
