// SPDX-License-Identifier: Apache-2.0

#include "coppice/statistics.hpp"

#include <algorithm>
#include <utility>

#include "observe/looking.hpp"
#include "platform/pool_view.hpp"
#include "process/blocking_pool.hpp"
#include "process/caller.hpp"
#include "process/timers.hpp"

namespace coppice {
namespace observe {
namespace {

using detail::process;
using detail::runtime_core;

/// An estimate: a message of a few words with a timer or a reply.
constexpr std::size_t bytes_of_a_message = 96;

memory_statistics memory_of(const runtime_core& world) {
    memory_statistics out;
    out.processes = std::size_t{world.alive()} * sizeof(process);
    out.total = std::size_t{world.table().limit()} * sizeof(process);
    for (const platform::pool_view& each : platform::look_at_pools()) {
        out.pools.push_back({each.block_size, each.used, each.free});
        out.messages += each.block_size * each.used;
        out.total += each.block_size * (each.used + each.free);
    }
    return out;
}

void count_lanes(const runtime_core& world, runtime_statistics& out) {
    const auto lanes = world.scheduler().look_at_lanes();
    for (const sched::lane_view& each : lanes) {
        out.messages += each.messages;
        out.schedulers.push_back({each.index, each.is_spare, each.is_active, each.queue_len,
                                  each.turns, each.steals, each.busy});
    }
}

std::vector<const sched::runnable*> running_in(const runtime_core& world) {
    std::vector<const sched::runnable*> out;
    const auto lanes = world.scheduler().look_at_lanes();
    for (const sched::lane_view& each : lanes) {
        if (each.running != nullptr) {
            out.push_back(each.running);
        }
    }
    return out;
}

/// Reads the figures of one process.
class glancer {
  public:
    explicit glancer(const runtime_core& world)
        : runtime_{world},
          running_{running_in(world)},
          now_{world.recorder().coarse_now()},
          unit_{world.recorder().length_of_coarse()} {}

    /// False if the process ended meanwhile.
    bool look(const process& slot, const pid& id, process_glance& out) const {
        out.process = id;
        out.is_supervisor = slot.is_supervisor();
        out.status = status_of(slot);
        out.message_queue_len = static_cast<std::uint32_t>(slot.queue_len_estimate());
        out.reductions = slot.reductions();
        out.memory = sizeof(process) + bytes_of_a_message * out.message_queue_len;
        out.age = std::chrono::nanoseconds{static_cast<std::int64_t>(
            static_cast<double>(
                process_layer::flight_recorder::coarse_between(slot.birth(), now_)) *
            unit_)};
        if (slot.may_have_name()) {
            out.name = runtime_.names().name_of(id);
        } else {
            out.name.clear();
        }
        return slot.generation() == id.generation();
    }

  private:
    process_status status_of(const process& slot) const noexcept {
        if (slot.is_waiting()) {
            return process_status::waiting;
        }
        return std::ranges::find(running_, static_cast<const sched::runnable*>(&slot)) !=
                       running_.end()
                   ? process_status::running
                   : process_status::runnable;
    }

    const runtime_core& runtime_;
    const std::vector<const sched::runnable*> running_;
    const std::uint32_t now_;
    const double unit_;
};

}  // namespace

runtime_statistics statistics_of(runtime_core& world) {
    runtime_statistics out;
    out.exits = world.exits();
    // Read after `exits`, so `spawns` includes the spawn of every counted exit.
    out.spawns = world.spawns();
    out.processes = out.spawns - out.exits;
    out.crashes = world.crashes();
    out.restarts = world.restarts();
    for (unsigned i = 0; i < world.scheduler().shard_count(); ++i) {
        out.timers += world.scheduler().timers(i).armed_count();
    }
    out.reports_lost = world.reports_lost();
    out.stuck = world.stuck_turns_now().all().size();
    out.run_queue = world.scheduler().shared_queue_len();
    out.blocking = world.extended().get<process_layer::blocking_pool_owner>().pool->look();
    out.memory = memory_of(world);
    count_lanes(world, out);
    out.uptime = world.scheduler().clock().now();
    return out;
}

void visit(const runtime_core& world, const callback<void(const process_glance&)>& seen) {
    visit_slots(world, 0, UINT32_MAX, seen);
}

std::uint32_t visit_slots(const runtime_core& world, std::uint32_t first, std::uint32_t slots,
                          const callback<void(const process_glance&)>& seen) {
    const glancer all{world};
    process_glance glance;
    return world.for_each_living(first, slots, [&](const process& slot, const pid& id) {
        if (all.look(slot, id, glance)) {
            seen(glance);
        }
    });
}

std::vector<process_glance> glances_of(const runtime_core& world) {
    const glancer all{world};
    std::vector<process_glance> out;
    out.reserve(world.alive());
    world.for_each_living([&](const process& slot, const pid& id) {
        if (!all.look(slot, id, out.emplace_back())) {
            out.pop_back();
        }
    });
    return out;
}

std::vector<process_glance> glances_at(const runtime_core& world, const std::vector<pid>& all) {
    const glancer looking{world};
    std::vector<process_glance> out(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const process* const slot = world.slot_of(all[i]);
        if (slot == nullptr || !world.is_open(all[i]) || !looking.look(*slot, all[i], out[i])) {
            out[i].process = {};
        }
    }
    return out;
}

}  // namespace observe

runtime_statistics statistics() {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? runtime_statistics{} : observe::statistics_of(*here);
}

void visit_processes(callback<void(const process_glance&)> seen) {
    if (detail::runtime_core* const here = process_layer::runtime_of_caller(); here != nullptr) {
        observe::visit(*here, seen);
    }
}

task<> visit_processes_in_turns(callback<void(const process_glance&)> seen) {
    constexpr std::uint32_t slots_a_turn = 4096;
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    if (here == nullptr) {
        co_return;
    }
    for (std::uint32_t next = 0;;) {
        next = observe::visit_slots(*here, next, slots_a_turn, seen);
        if (next == 0) {
            co_return;
        }
        co_await yield();
    }
}

std::vector<process_glance> process_glances() {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<process_glance>{} : observe::glances_of(*here);
}

std::vector<timer_glance> timer_glances(std::size_t limit) {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<timer_glance>{}
                           : process_layer::glance_at_timers(*here, limit);
}

std::string_view to_string(timer_kind kind) noexcept {
    switch (kind) {
        case timer_kind::send_after:
            return "send_after";
        case timer_kind::start_timer:
            return "start_timer";
        case timer_kind::wait:
            return "wait";
    }
    return "?";
}

}  // namespace coppice
