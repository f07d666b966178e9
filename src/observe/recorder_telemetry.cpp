// SPDX-License-Identifier: Apache-2.0

#include "observe/recorder_telemetry.hpp"

#include <algorithm>
#include <typeinfo>

#include "observe/looking.hpp"

namespace coppice::observe {

using namespace telemetry;

bool is_recorder_event(const detail::telemetry_clause& clause) noexcept {
    const std::type_info& event = *clause.event;
    return event == typeid(process_exit) || event == typeid(child_restart) ||
           event == typeid(supervisor_gave_up) || event == typeid(events_lost);
}

bool recorder_telemetry::emit_page() {
    constexpr std::size_t page_size = 1000;
    const events::page read = recent_of(runtime_, since_, page_size);
    since_ = read.next;
    if (read.lost > 0) {
        hub_.execute(runtime_, events_lost{read.lost});
    }
    for (const events::item& each : read.items) {
        emit(each);
    }
    return read.items.size() == page_size;
}

void recorder_telemetry::emit(const events::item& each) {
    switch (each.what) {
        case events::kind::exit:
            return emit_exit(each);
        case events::kind::restart:
            return hub_.execute(
                runtime_, child_restart{each.time, each.supervisor, each.child, each.process,
                                        each.reason, count_restart(each.supervisor, each.child)});
        case events::kind::give_up:
            return hub_.execute(runtime_, supervisor_gave_up{each.time, each.process, each.child});
        default:
            return;
    }
}

void recorder_telemetry::emit_exit(const events::item& each) {
    const auto first = restarts_.lower_bound({each.process, std::string{}});
    const auto last = std::find_if(first, restarts_.end(), [&](const auto& counted) {
        return counted.first.first != each.process;
    });
    restarts_.erase(first, last);
    hub_.execute(runtime_, process_exit{each.time, each.process, each.name, each.reason});
}

std::uint64_t recorder_telemetry::count_restart(const pid& supervisor, const std::string& child) {
    return ++restarts_[{supervisor, child}];
}

namespace {

double a_second(std::uint64_t before, std::uint64_t now, std::chrono::nanoseconds period) {
    return static_cast<double>(now - before) / std::chrono::duration<double>{period}.count();
}

double share_of(std::chrono::nanoseconds busy, std::chrono::nanoseconds period) {
    return std::clamp(static_cast<double>(busy.count()) / static_cast<double>(period.count()), 0.0,
                      1.0);
}

std::chrono::nanoseconds busy_of(const runtime_statistics& all, unsigned index) {
    const auto found = std::ranges::find(all.schedulers, index, &scheduler_statistics::index);
    return found == all.schedulers.end() ? std::chrono::nanoseconds::zero() : found->busy;
}

}  // namespace

scheduler_sample sample_between(const runtime_statistics& before, const runtime_statistics& now) {
    scheduler_sample out;
    out.period = now.uptime - before.uptime;
    for (const scheduler_statistics& each : now.schedulers) {
        if (!each.is_spare) {
            out.utilisation.push_back(
                share_of(each.busy - busy_of(before, each.index), out.period));
            out.run_queues.push_back(each.queue_len);
        }
    }
    out.shared_run_queue = now.run_queue;
    out.messages_a_second = a_second(before.messages, now.messages, out.period);
    out.spawns_a_second = a_second(before.spawns, now.spawns, out.period);
    out.exits_a_second = a_second(before.exits, now.exits, out.period);
    out.processes = now.processes;
    return out;
}

telemetry_sampler::telemetry_sampler(detail::runtime_core& world)
    : runtime_{world}, hub_{detail::telemetry_hub::of(world)}, before_{statistics_of(world)} {}

void telemetry_sampler::emit_if_due(std::chrono::nanoseconds period) {
    if (runtime_.scheduler().clock().now() - before_.uptime < period) {
        return;
    }
    runtime_statistics now = statistics_of(runtime_);
    hub_.execute(runtime_, sample_between(before_, now));
    before_ = std::move(now);
}

}  // namespace coppice::observe
