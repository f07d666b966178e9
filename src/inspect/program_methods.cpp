// SPDX-License-Identifier: Apache-2.0
// Methods about the program as a whole: hello, applications, timers, stuck, statistics, events.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "coppice/application.hpp"
#include "coppice/detail/endpoint_view.hpp"
#include "coppice/events.hpp"
#include "coppice/inspect_client.hpp"
#include "coppice/statistics.hpp"
#include "inspect/ask.hpp"
#include "inspect/methods.hpp"
#include "inspect/protocol.hpp"
#include "inspect/statistics_json.hpp"

namespace coppice::inspect {
namespace {

constexpr bounds offsets{0, 1'000'000};
constexpr bounds limits{1, 1000};
/// The period for the utilisation of threads, where no earlier reading exists.
constexpr std::chrono::milliseconds measured_for{100};

task<json> hello(const asked& what) {
    const endpoint_facts& facts = *what.facts;
    json out;
    out["protocol"] = protocol_version;
    out["program"] = facts.chosen.name;
    out["version"] = facts.chosen.version;
    out["os_pid"] = ::getpid();
    out["started"] = milliseconds_of(facts.started);
    out["read_only"] = facts.chosen.read_only;
    json names = json::array();
    for (const application::information& each : application::which_applications()) {
        names.push_back(each.name);
    }
    out["applications"] = std::move(names);
    co_return out;
}

json json_of(const application::information& seen) {
    return {{"name", seen.name},
            {"description", seen.description},
            {"version", seen.version},
            {"type", to_string(seen.type)},
            {"state", seen.running ? "running" : "loaded"},
            {"pid", pid_or_null(seen.master)},
            {"top", pid_or_null(seen.top)}};
}

task<json> applications(const asked&) {
    json out = json::array();
    for (const application::information& each : application::loaded_applications()) {
        out.push_back(json_of(each));
    }
    co_return out;
}

json json_of(const timer_glance& seen) {
    return {{"id", seen.id.value()},
            {"due", milliseconds_of(seen.due)},
            {"to", seen.to ? to_string(seen.to) : seen.name},
            {"kind", to_string(seen.kind)}};
}

task<json> timers(const asked& what) {
    const auto offset = static_cast<std::size_t>(what.given.number("offset", 0, offsets));
    const auto limit = static_cast<std::size_t>(what.given.number("limit", 100, limits));
    const std::vector<timer_glance> next = timer_glances(offset + limit);
    json items = json::array();
    for (std::size_t i = offset; i < next.size(); ++i) {
        items.push_back(json_of(next[i]));
    }
    json out;
    out["total"] = statistics().timers;
    out["items"] = std::move(items);
    co_return out;
}

json json_of(const stuck_process& seen) {
    return {
        {"pid", to_string(seen.process)},           {"name", text_or_null(seen.registered_name)},
        {"initial_call", seen.initial_call},        {"message", text_or_null(seen.message)},
        {"for", milliseconds_of(seen.running_for)}, {"has_ended", seen.has_ended}};
}

task<json> stuck(const asked&) {
    json out = json::array();
    for (const stuck_process& each : coppice::detail::stuck_processes()) {
        out.push_back(json_of(each));
    }
    co_return out;
}

task<json> numbers(const asked&) {
    const runtime_statistics before = statistics();
    co_await sleep(measured_for);
    const runtime_statistics now = statistics();
    co_return to_json(now, before);
}

task<json> recent_events(const asked& what) {
    const auto since = static_cast<std::uint64_t>(what.given.number("since", 0, {0, INT64_MAX}));
    const auto limit = static_cast<std::size_t>(what.given.number("limit", 100, limits));
    const events::page found = events::recent(since, limit);
    co_return to_json(found);
}

constexpr std::array table{
    method{"hello", false, hello},        method{"applications", false, applications},
    method{"timers", false, timers},      method{"stuck", false, stuck},
    method{"statistics", false, numbers}, method{"events", false, recent_events},
};

}  // namespace

std::span<const method> program_methods() {
    return table;
}

}  // namespace coppice::inspect
