// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "registry": clients and servers under the keys of one registry. Values are texts.

#include <algorithm>

#include "scripted_server.hpp"

namespace coppice::judge {
namespace {

using told_of_entry = registered_entry<std::string, std::string>;
using told_of_leave = unregistered_entry<std::string>;

json sorted(json entries) {
    std::sort(entries.begin(), entries.end());
    return entries;
}

/// The order of entries counts only for a step that says so: partitions of OTP depend on its hash.
json shown_entries(const stage& here, const json& step,
                   const std::vector<judged_registry::entry>& entries) {
    json out = json::array();
    for (const auto& each : entries) {
        out.push_back({here.label_of(each.process), each.value});
    }
    return step.value("ordered", false) ? out : sorted(out);
}

performance open(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        const auto keys =
            step["keys"] == "unique" ? registry_keys::unique : registry_keys::duplicate;
        auto options = registry_options{"registry", keys}.partitions(step["partitions"]);
        if (step["listens"]) {
            options = std::move(options).listeners({"listener"});
        }
        auto starting = judged_registry::start_link(std::move(options));
        const auto started = co_await starting;
        const std::string result = shown_start(started.ok(), started.ignored(), started.error());
        here.event(label, "result", {{"value", result}});
    }};
}

performance listen(stage& here) {
    return {.by_process = [&here](std::string label) -> task<> {
        register_name("listener", self());
        for (;;) {
            co_await receive(
                [&](const told_of_entry& m) {
                    here.event(label, "registered", {{"key", m.key}, {"value", m.value}});
                },
                [&](const told_of_leave& m) {
                    here.event(label, "unregistered", {{"key", m.key}});
                });
        }
    }};
}

json register_client(stage& here, const json& step) {
    const auto given = the_registry().register_key(step["key"], step["value"]);
    if (!given) {
        return {"already", here.label_of(given.error().process)};
    }
    if (step["names_partition"]) {
        here.name(*given, "partition");
    }
    return "ok";
}

json dispatched(const stage& here, const json& step) {
    std::vector<judged_registry::entry> all;
    the_registry().dispatch(step["key"], [&](const auto& entries) {
        all.insert(all.end(), entries.begin(), entries.end());
    });
    return shown_entries(here, step, all);
}

json selected(const stage& here, const json& step) {
    json out = json::array();
    const std::string value = step["value"];
    const auto fits = [&](const std::string&, const pid&, const std::string& each) {
        return each == value;
    };
    const auto all = the_registry().select(fits);
    for (const auto& each : all) {
        out.push_back({each.key, here.label_of(each.process), each.value});
    }
    return sorted(out);
}

json updated(const json& step) {
    const std::string value = step["value"];
    const auto both =
        the_registry().update_value(step["key"], [&](const std::string&) { return value; });
    return both ? json{both->now, both->before} : json("error");
}

json holder(const stage& here, const json& step) {
    const pid found = the_registry().whereis(step["key"]);
    return found ? here.label_of(found) : "undefined";
}

json asked_of(const stage& here, const json& step) {
    const pid of = *here.find(step["of"]);
    return step["do"] == "keys" ? sorted(the_registry().keys(of))
                                : sorted(the_registry().values(step["key"], of));
}

/// With the value of the step as a pattern.
json matched(const stage& here, const json& step) {
    const judged_registry all = the_registry();
    const std::string what = step["do"];
    const std::string value = step["value"];
    const auto fits = [&](const std::string& each) { return each == value; };
    if (what == "match") {
        return shown_entries(here, step, all.match(step["key"], fits));
    }
    if (what == "count_match") {
        return all.count_match(step["key"], fits);
    }
    if (what == "count_select") {
        return all.count_select(
            [&](const std::string&, const pid&, const std::string& each) { return each == value; });
    }
    all.unregister_match(step["key"], fits);
    return "ok";
}

json act(stage& here, const json& step) {
    const std::string what = step["do"];
    if (what == "register") {
        return register_client(here, step);
    }
    if (what == "unregister") {
        the_registry().unregister(step["key"]);
        return "ok";
    }
    if (what == "lookup") {
        return shown_entries(here, step, the_registry().lookup(step["key"]));
    }
    if (what == "dispatch") {
        return dispatched(here, step);
    }
    if (what == "select") {
        return selected(here, step);
    }
    if (what == "update_value") {
        return updated(step);
    }
    if (what == "whereis") {
        return holder(here, step);
    }
    if (what == "count") {
        return the_registry().count();
    }
    return what == "keys" || what == "values" ? asked_of(here, step) : matched(here, step);
}

}  // namespace

performance perform_registry(stage& here, const json& step) {
    const std::string what = step["do"];
    if (what == "open") {
        return open(here, step);
    }
    if (what == "listen") {
        return listen(here);
    }
    if (step.contains("to") || what == "start" || what == "end" || what == "reply") {
        return perform_server(here, step);
    }
    if (step.contains("of") && !here.find(step["of"])) {
        return {.result = "error:unknown"};
    }
    return shown(here, [&here, &step] { return act(here, step); });
}

}  // namespace coppice::judge
