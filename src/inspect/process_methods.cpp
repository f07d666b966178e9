// SPDX-License-Identifier: Apache-2.0
// Methods about processes: processes, info, whereis, registered, state, messages.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/console_messages.hpp"
#include "coppice/detail/endpoint_view.hpp"
#include "coppice/process.hpp"
#include "coppice/statistics.hpp"
#include "coppice/sys.hpp"
#include "inspect/ask.hpp"
#include "inspect/look.hpp"
#include "inspect/methods.hpp"
#include "inspect/process_page.hpp"
#include "inspect/protocol.hpp"
#include "inspect/statistics_json.hpp"

namespace coppice::inspect {
namespace {

using std::chrono::nanoseconds;

constexpr bounds offsets{0, INT64_MAX};
constexpr bounds limits{1, 1000};
/// The time limit for the state of a server, where the state is one field of many.
constexpr std::chrono::milliseconds patience_state{200};
/// The filter also compares initial calls, but only below this number of processes: each needs a request.
constexpr std::size_t asked_max = 2000;

/// Initial calls of processes, empty for a process that answers late.
class initial_calls {
  public:
    explicit initial_calls(nanoseconds end) : end_{end} {
        for (stuck_process& each : coppice::detail::stuck_processes()) {
            known_.emplace(each.process, std::move(each.initial_call));
        }
    }
    task<std::string> of(pid who) {
        if (const auto found = known_.find(who); found != known_.end()) {
            co_return found->second;
        }
        auto asking = coppice::detail::origin_within(who, time_for(end_, patience_each));
        const auto origin = co_await asking;
        std::string told = origin ? origin->initial_call : "";
        known_.emplace(who, told);
        co_return told;
    }

  private:
    nanoseconds end_;
    std::unordered_map<pid, std::string> known_;
};

json to_json(const process_glance& seen, const std::string& initial_call) {
    json out;
    out["pid"] = to_string(seen.process);
    out["name"] = text_or_null(seen.name);
    out["initial_call"] = text_or_null(initial_call);
    out["kind"] = seen.is_supervisor ? "supervisor" : "worker";
    out["status"] = to_string(seen.status);
    out["queue"] = seen.message_queue_len;
    out["reductions"] = seen.reductions;
    out["memory"] = seen.memory;
    out["age"] = milliseconds_of(seen.age);
    return out;
}

bool matches(const process_glance& seen, const std::string& filter) {
    return filter.empty() || seen.name.find(filter) != std::string::npos ||
           to_string(seen.process).find(filter) != std::string::npos;
}

/// Adds the processes that match the filter.
task<> add_filtered(process_page& page, std::string filter, initial_calls& calls) {
    std::vector<process_glance> others;
    const auto offer_process = [&](const process_glance& seen) {
        if (matches(seen, filter)) {
            page.add(seen);
        } else if (others.size() < asked_max) {
            others.push_back(seen);
        }
    };
    auto visiting = visit_processes_in_turns(offer_process);
    co_await visiting;
    if (others.size() < asked_max) {
        for (const process_glance& each : others) {
            auto asking = calls.of(each.process);
            const std::string call = co_await asking;
            if (call.find(filter) != std::string::npos) {
                page.add(each);
            }
        }
    }
}

task<json> list_processes(const asked& what) {
    const parameters& given = what.given;
    process_page page{order_by(given.text("sort", "pid")), given.flag("descending", false),
                      static_cast<std::size_t>(given.number("offset", 0, offsets)),
                      static_cast<std::size_t>(given.number("limit", 100, limits))};
    const std::string filter = given.text("filter", "");
    initial_calls calls{what.end};
    if (filter.empty()) {
        const auto add = [&page](const process_glance& seen) { page.add(seen); };
        auto visiting = visit_processes_in_turns(add);
        co_await visiting;
    } else {
        auto filtering = add_filtered(page, filter, calls);
        co_await filtering;
    }
    json out;
    out["total"] = statistics().processes;
    out["matching"] = page.added();
    json items = json::array();
    const std::vector<process_glance> shown = page.take();
    for (const process_glance& each : shown) {
        auto asking = calls.of(each.process);
        const std::string call = co_await asking;
        items.push_back(to_json(each, call));
    }
    out["items"] = std::move(items);
    co_return out;
}

json texts_of(const std::vector<pid>& all) {
    json out = json::array();
    for (const pid& each : all) {
        out.push_back(to_string(each));
    }
    return out;
}

json mailbox_of(const process_information& seen) {
    json out = json::array();
    for (const mailbox_count& each : seen.mailbox) {
        out.push_back({{"type", each.type}, {"count", each.count}});
    }
    return out;
}

void add_information(json& out, const process_information& seen) {
    out["links"] = texts_of(seen.links);
    out["monitors"] = texts_of(seen.monitors);
    out["monitored_by"] = texts_of(seen.monitored_by);
    out["trap_exit"] = seen.trap_exit;
    out["priority"] = to_string(seen.priority);
    out["parent"] = pid_or_null(seen.parent);
    out["ancestors"] = seen.ancestors;
    out["handling"] = seen.handling.empty() ? json(nullptr) : json{{"message", seen.handling}};
    out["mailbox"] = mailbox_of(seen);
}

/// Facts about a process stuck in a handler, which cannot answer requests.
bool add_stuck(json& out, const pid& who) {
    for (const stuck_process& each : coppice::detail::stuck_processes()) {
        if (each.process == who) {
            out["initial_call"] = each.initial_call;
            out["handling"] = {{"message", each.message},
                               {"for", milliseconds_of(each.running_for)}};
            out["busy"] = true;
            return true;
        }
    }
    return false;
}

task<json> info(const asked& what) {
    const pid who = what.given.process();
    const std::vector<pid> alone{who};
    const process_glance seen = coppice::detail::glances_at(alone).front();
    if (!seen.process) {
        throw request_error{code::noproc, "noproc: " + to_string(who) + " has ended"};
    }
    json out = to_json(seen, {});
    if (add_stuck(out, who)) {
        co_return out;
    }
    auto asking =
        coppice::detail::process_info_within(who, time_for(what.end, patience_supervisor));
    const auto late = co_await asking;
    out["busy"] = !late.answered;
    if (late.information.empty()) {
        co_return out;
    }
    out["initial_call"] = late.information[0].initial_call;
    add_information(out, late.information[0]);
    auto asking_supervisor =
        coppice::detail::describe_child(who, time_for(what.end, patience_each));
    const std::optional<tree_node> child = co_await asking_supervisor;
    out["last_exit"] =
        child && child->last_exit ? json(to_string(*child->last_exit)) : json(nullptr);
    out["state"] = nullptr;
    out["suspended"] = false;
    // Only a server takes system messages; in other processes such a message would stay in the mailbox.
    auto asking_class =
        coppice::detail::served_messages_within(who, time_for(what.end, patience_state));
    const coppice::detail::served_messages served = co_await asking_class;
    if (served.from != coppice::detail::served_messages::answer::server) {
        co_return out;
    }
    const sys::target target{who};
    auto status = sys::try_get_status(target, time_for(what.end, patience_state));
    const auto told = co_await status;
    out["state"] = told ? json(told->shown_state) : json(nullptr);
    out["suspended"] = told && told->state == sys::server_state::suspended;
    co_return out;
}

task<json> whereis_name(const asked& what) {
    json out;
    out["pid"] = pid_or_null(whereis(what.given.text("name")));
    co_return out;
}

json name_entry(const std::string& name) {
    return {{"name", name}, {"pid", pid_or_null(whereis(name))}};
}

task<json> list_names(const asked&) {
    json out = json::array();
    for (const std::string& each : registered()) {
        out.push_back(name_entry(each));
    }
    co_return out;
}

task<json> state(const asked& what) {
    const sys::target target{what.given.process()};
    auto asking = sys::try_get_state(target, what.end - monotonic_time());
    const auto told = co_await asking;
    require_done(told);
    json out;
    out["state"] = *told;
    co_return out;
}

json to_json(const message_description& told) {
    json kinds = json::array();
    if (told.calls) {
        kinds.push_back("call");
    }
    if (told.casts) {
        kinds.push_back("cast");
    }
    if (told.infos) {
        kinds.push_back("info");
    }
    json fields = json::array();
    for (const field_description& each : told.fields) {
        fields.push_back({{"name", each.name},
                          {"type", each.type},
                          {"example", text_or_null(each.example)},
                          {"default", text_or_null(each.otherwise)}});
    }
    return {{"name", told.name},
            {"kinds", std::move(kinds)},
            {"fields", std::move(fields)},
            {"unreadable", text_or_null(told.unreadable)}};
}

task<json> list_messages(const asked& what) {
    const sys::target target{what.given.process()};
    auto asking = console_messages(target, what.end - monotonic_time());
    const auto told = co_await asking;
    require_done(told);
    json out = json::array();
    for (const message_description& each : *told) {
        out.push_back(to_json(each));
    }
    co_return out;
}

constexpr std::array table{
    method{"processes", false, list_processes},
    method{"info", false, info},
    method{"whereis", false, whereis_name},
    method{"registered", false, list_names},
    method{"state", false, state},
    method{"messages", false, list_messages},
};

}  // namespace

std::span<const method> process_methods() {
    return table;
}

}  // namespace coppice::inspect
