// SPDX-License-Identifier: Apache-2.0

#include "observe/telemetry_observer.hpp"

#include <algorithm>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "observe/looking.hpp"
#include "observe/recorder_telemetry.hpp"
#include "platform/guarded.hpp"
#include "process/caller.hpp"
#include "telemetry/hub.hpp"

namespace coppice {
namespace observe {
namespace {

using detail::runtime_core;
using detail::telemetry_hub;

constexpr std::chrono::milliseconds look_each{100};

bool is_for_the_observer(const detail::telemetry_clause& clause) noexcept {
    return is_recorder_event(clause) || *clause.event == typeid(telemetry::scheduler_sample);
}

std::uint64_t next_event(runtime_core& world) {
    return recent_of(world, UINT64_MAX, 0).next;
}

/// False on a request to end.
task<bool> wait_for(std::chrono::nanoseconds time) {
    auto waiting = receive([](const exit_message& /*asked*/) { return false; },
                           [](const any_message& /*dropped*/) { return true; },
                           after(time, [] { return true; }));
    co_return co_await waiting;
}

}  // namespace

/// The body of the process. The type has a name, since tools show the name.
struct telemetry_observer_process {
    task<> operator()() const;
    std::uint64_t since;
};

task<> telemetry_observer_process::operator()() const {
    trap_exit(true);
    runtime_core& world = detail::current_runtime();
    telemetry_observer& me = telemetry_observer::of(world);
    recorder_telemetry source{world, since};
    telemetry_sampler sampler{world};
    bool goes_on = true;
    bool is_behind = false;
    while (goes_on && !me.may_end(world)) {
        const std::chrono::nanoseconds period = me.period();
        const std::chrono::nanoseconds rest =
            is_behind ? std::chrono::nanoseconds{0}
                      : std::min<std::chrono::nanoseconds>(look_each, period);
        goes_on = co_await wait_for(rest);
        is_behind = source.emit_page();
        if (is_behind) {
            co_await yield();
            // Events may come faster than the handlers take them.
        }
        sampler.emit_if_due(period);
    }
}

void telemetry_observer::start_if_wanted(runtime_core& world) {
    const platform::scoped_lock lock{mutex_};
    if (world.is_open(process_) || world.stop_requested() ||
        !telemetry_hub::of(world).has_clause(&is_for_the_observer)) {
        return;
    }
    process_ = detail::spawn_process(
        world, detail::make_function_body(telemetry_observer_process{next_event(world)}));
}

bool telemetry_observer::may_end(runtime_core& world) {
    const platform::scoped_lock lock{mutex_};
    if (telemetry_hub::of(world).has_clause(&is_for_the_observer)) {
        return false;
    }
    process_ = {};
    return true;
}

void attach_in(runtime_core& world, std::string id, detail::telemetry_clauses clauses) {
    telemetry_hub::of(world).attach(std::move(id), std::move(clauses));
    telemetry_observer::of(world).start_if_wanted(world);
}

void sample_in(runtime_core& world, time_span period) {
    if (period.value() < telemetry_observer::shortest_period) {
        throw badarg_error{"telemetry::sample_period: the period has to be a millisecond or more"};
    }
    telemetry_observer::of(world).sample_each(period);
}

}  // namespace observe

namespace detail {

void attach_telemetry(std::string id, telemetry_clauses clauses) {
    if (runtime_core* const here = process_layer::runtime_of_caller(); here != nullptr) {
        observe::attach_in(*here, std::move(id), std::move(clauses));
    }
}

}  // namespace detail

namespace telemetry {

void sample_period(time_span period) {
    if (detail::runtime_core* const here = process_layer::runtime_of_caller(); here != nullptr) {
        observe::sample_in(*here, period);
    }
}

}  // namespace telemetry
}  // namespace coppice
