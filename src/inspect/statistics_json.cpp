// SPDX-License-Identifier: Apache-2.0

#include "inspect/statistics_json.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace coppice::inspect {
namespace {

using std::chrono::milliseconds;

json pools_of(const memory_statistics& seen) {
    json out = json::array();
    for (const pool_statistics& each : seen.pools) {
        out.push_back({{"size", each.block_size}, {"used", each.used}, {"free", each.free}});
    }
    return out;
}

/// The utilisation of one thread between two readings, from 0 to 1.
double utilisation(const scheduler_statistics& now, const runtime_statistics& before,
                   std::chrono::nanoseconds passed) {
    const auto same = std::ranges::find_if(before.schedulers, [&](const auto& each) {
        return each.index == now.index && each.is_spare == now.is_spare;
    });
    const auto busy =
        now.busy - (same == before.schedulers.end() ? std::chrono::nanoseconds{0} : same->busy);
    if (passed.count() <= 0) {
        return 0;
    }
    return std::clamp(static_cast<double>(busy.count()) / static_cast<double>(passed.count()), 0.0,
                      1.0);
}

json schedulers_of(const runtime_statistics& now, const runtime_statistics& before) {
    json out = json::array();
    for (const scheduler_statistics& each : now.schedulers) {
        if (each.is_active || !each.is_spare) {
            out.push_back({{"index", each.index},
                           {"spare", each.is_spare},
                           {"utilisation", utilisation(each, before, now.uptime - before.uptime)},
                           {"queue", each.queue_len},
                           {"turns", each.turns},
                           {"steals", each.steals}});
        }
    }
    return out;
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

/// The kind of a report in one word, and the exit reason in the report if any.
struct report_facts {
    std::string kind;
    const exit_reason* why = nullptr;
};

struct facts_of_report {
    report_facts operator()(const crash_report& r) const { return {"crash", &r.why}; }
    report_facts operator()(const server_report& r) const { return {"server", &r.why}; }
    report_facts operator()(const supervisor_report& r) const { return {"supervisor", &r.why}; }
    report_facts operator()(const progress_report&) const { return {"progress", nullptr}; }
    report_facts operator()(const text_report&) const { return {"text", nullptr}; }
    report_facts operator()(const stuck_report&) const { return {"stuck", nullptr}; }
    report_facts operator()(const application_progress_report&) const {
        return {"application", nullptr};
    }
    report_facts operator()(const application_exit_report& r) const {
        return {"application", &r.exited};
    }
    report_facts operator()(const mailbox_report&) const { return {"mailbox", nullptr}; }
};

std::vector<std::string> stack_of(const report& made, const report_facts& what) {
    if (const auto* stuck = std::get_if<stuck_report>(&made.body)) {
        return symbolised_stack(*stuck);
    }
    return what.why != nullptr && what.why->as_error() != nullptr ? symbolised_stack(*what.why)
                                                                  : std::vector<std::string>{};
}

}  // namespace

std::int64_t milliseconds_of(std::chrono::system_clock::time_point when) {
    return std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count();
}

std::int64_t milliseconds_of(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<milliseconds>(time).count();
}

json to_json(const runtime_statistics& now, const runtime_statistics& before) {
    json out;
    out["processes"] = now.processes;
    out["messages"] = now.messages;
    out["spawns"] = now.spawns;
    out["exits"] = now.exits;
    out["crashes"] = now.crashes;
    out["restarts"] = now.restarts;
    out["timers"] = now.timers;
    out["reports_lost"] = now.reports_lost;
    out["stuck"] = now.stuck;
    out["run_queue"] = now.run_queue;
    out["blocking"] = {{"threads", now.blocking.threads}, {"running", now.blocking.running},
                       {"waiting", now.blocking.waiting}, {"done", now.blocking.done},
                       {"refused", now.blocking.refused}, {"abandoned", now.blocking.abandoned}};
    out["memory"] = {{"processes", now.memory.processes},
                     {"messages", now.memory.messages},
                     {"total", now.memory.total},
                     {"pools", pools_of(now.memory)}};
    out["schedulers"] = schedulers_of(now, before);
    out["uptime"] = milliseconds_of(now.uptime);
    return out;
}

json to_json(const events::item& seen) {
    json out;
    out["seq"] = seen.sequence;
    out["time"] = milliseconds_of(seen.time);
    out["kind"] = to_string(seen.what);
    out["pid"] = pid_or_null(seen.process);
    out["name"] = text_or_null(seen.name);
    out["id"] = text_or_null(seen.child);
    out["supervisor"] = pid_or_null(seen.supervisor);
    out["reason"] = text_or_null(seen.reason);
    out["text"] = text_or_null(seen.text);
    return out;
}

json to_json(const events::page& seen) {
    json items = json::array();
    for (const events::item& each : seen.items) {
        items.push_back(to_json(each));
    }
    return {{"next", seen.next}, {"lost", seen.lost}, {"items", std::move(items)}};
}

json to_json(const report& made) {
    const report_facts what = std::visit(facts_of_report{}, made.body);
    json out;
    out["time"] = milliseconds_of(made.time);
    out["level"] = to_string(made.level);
    out["pid"] = pid_or_null(made.process);
    out["kind"] = what.kind;
    out["title"] = first_line(to_string(made));
    out["text"] = to_string(made);
    out["reason"] = what.why != nullptr ? json(to_string(*what.why)) : json(nullptr);
    out["stack"] = stack_of(made, what);
    return out;
}

}  // namespace coppice::inspect
