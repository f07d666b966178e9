// SPDX-License-Identifier: Apache-2.0

#include "dashboard/metrics.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "dashboard/exposition.hpp"

namespace coppice::dashboard {
namespace {

using nlohmann::json;

double number(const json& from, std::string_view field) {
    if (!from.is_object()) {
        return 0;
    }
    const auto found = from.find(field);
    return found != from.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text(const json& from, std::string_view field) {
    const auto found = from.is_object() ? from.find(field) : from.end();
    return from.is_object() && found != from.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string{};
}

const json& list(const json& from, std::string_view field) {
    static const json empty = json::array();
    if (!from.is_object()) {
        return empty;
    }
    const auto found = from.find(field);
    return found != from.end() && found->is_array() ? *found : empty;
}

struct child_series {
    std::string supervisor;
    std::string child;
    double restarts = 0;
    double queue = 0;
};

/// False for a child with the pid as id. Such a child belongs to a dynamic supervisor, and the
/// series would end with the child.
bool has_lasting_id(const json& node) {
    const std::string id = text(node, "id");
    return !id.empty() && id != "undefined" && id != text(node, "pid");
}

/// Breadth first: with too many children, the supervisors are still included.
std::vector<child_series> series_of(const json& tree) {
    std::vector<child_series> out;
    std::vector<std::pair<std::string, const json*>> open;
    for (const json& root : list(tree, "roots")) {
        open.emplace_back(text(root, "id"), &root);
    }
    for (std::size_t at = 0; at < open.size(); ++at) {
        const auto [path, node] = open[at];
        const std::string name = text(*node, "name");
        for (const json& child : list(*node, "children")) {
            if (!has_lasting_id(child) || out.size() == labelled_children_max) {
                continue;
            }
            out.push_back({name.empty() ? path : name, text(child, "id"), number(child, "restarts"),
                           number(child, "queue")});
            open.emplace_back(path + "/" + text(child, "id"), &child);
        }
    }
    return out;
}

struct single {
    const char* field;
    const char* name;
    const char* type;
    const char* help;
};

constexpr std::array singles{
    single{"processes", "coppice_processes", "gauge", "Processes that are alive."},
    single{"messages", "coppice_messages_sent_total", "counter", "Messages sent."},
    single{"spawns", "coppice_spawns_total", "counter", "Processes started."},
    single{"exits", "coppice_exits_total", "counter", "Processes ended, for any reason."},
    single{"crashes", "coppice_crashes_total", "counter", "Processes ended by a crash."},
    single{"restarts", "coppice_supervisor_restarts_total", "counter",
           "Restarts by all supervisors together."},
    single{"timers", "coppice_timers", "gauge", "Timers that wait."},
    single{"stuck", "coppice_stuck_processes", "gauge", "Handlers that neither return nor wait."},
    single{"reports_lost", "coppice_reports_dropped_total", "counter",
           "Reports dropped because their handler was too slow."},
};

void add_schedulers(exposition& out, const json& statistics) {
    struct column {
        const char* field;
        const char* name;
        const char* type;
        const char* help;
    };
    static constexpr std::array columns{
        column{"utilisation", "coppice_scheduler_utilisation_ratio", "gauge",
               "Share of the last second that a scheduler thread worked."},
        column{"queue", "coppice_run_queue_processes", "gauge", "Processes that wait to run."},
        column{"turns", "coppice_scheduler_turns_total", "counter", "Turns of processes."},
        column{"steals", "coppice_scheduler_steals_total", "counter",
               "Processes taken over from another thread's run queue."},
    };
    for (const auto& each : columns) {
        out.family(each.name, each.type, each.help);
        for (const json& thread : list(statistics, "schedulers")) {
            const auto index = static_cast<long long>(number(thread, "index"));
            const auto spare = thread.find("spare");
            const bool is_spare =
                spare != thread.end() && spare->is_boolean() && spare->get<bool>();
            out.sample(number(thread, each.field), {{"scheduler", std::to_string(index)},
                                                    {"spare", is_spare ? "true" : "false"}});
        }
    }
}

void add_program(exposition& out, const json& statistics) {
    for (const auto& each : singles) {
        out.family(each.name, each.type, each.help);
        out.sample(number(statistics, each.field));
    }
    const json memory = statistics.value("memory", json::object());
    out.family("coppice_memory_bytes", "gauge", "Memory of the runtime by its use.");
    for (const char* use : {"processes", "messages", "total"}) {
        out.sample(number(memory, use), {{"use", use}});
    }
    out.family("coppice_uptime_seconds", "gauge", "Time since the runtime started.");
    out.sample(number(statistics, "uptime") / 1000);
    add_schedulers(out, statistics);
}

void add_children(exposition& out, const json& tree) {
    const auto children = series_of(tree);
    out.family("coppice_restarts_total", "counter", "Restarts of a child by its supervisor.");
    for (const auto& each : children) {
        out.sample(each.restarts, {{"supervisor", each.supervisor}, {"child", each.child}});
    }
    out.family("coppice_mailbox_messages", "gauge", "Messages that wait in a child's mailbox.");
    for (const auto& each : children) {
        out.sample(each.queue, {{"supervisor", each.supervisor}, {"child", each.child}});
    }
}

}  // namespace

std::string metrics_text(const measured& program) {
    exposition out;
    out.family("coppice_up", "gauge", "Whether the program answers.");
    out.sample(program.is_up ? 1 : 0);
    if (program.statistics.is_object()) {
        add_program(out, program.statistics);
    }
    if (program.tree.is_object()) {
        add_children(out, program.tree);
    }
    if (const json& items = list(program.longest_queue, "items"); !items.empty()) {
        out.family("coppice_mailbox_longest_messages", "gauge",
                   "Messages in the fullest mailbox of all processes.");
        out.sample(number(items.front(), "queue"));
    }
    out.family("coppice_dashboard_browsers", "gauge", "Browsers that watch.");
    out.sample(static_cast<double>(program.browsers));
    return out.text();
}

}  // namespace coppice::dashboard
