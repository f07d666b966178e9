// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "tasks": tasks of clients, and a task supervisor. A script says what a task does.

#include "coppice/task_supervisor.hpp"
#include "scripted.hpp"

namespace coppice::judge {
namespace {

using judged_task = async_task<std::string>;

const std::string supervisor_name = "tasks";

/// The function of all tasks. `given` has the members "id" and "script".
task<std::string> run_script(stage_access access, std::string given) {
    const json step = json::parse(given);
    const json script = step["script"];
    trap_exit(script.value("trap_exit", false));
    auto watching = access.here->watch(step["id"]);
    co_await watching;
    if (script.value("hangs", false)) {
        co_await sleep(no_timeout);
    }
    if (script.contains("sleep")) {
        co_await sleep(time_of(script["sleep"]));
    }
    const std::string then = then_of(script, "value");
    if (then != "value") {
        fail(then, script);
    }
    co_return script["value"].get<std::string>();
}

shutdown_limit limit_or_kill(const json& step, const char* key) {
    return step.contains(key) ? shutdown_limit{time_of(step[key])} : shutdown_limit::brutal_kill();
}

json shown_outcome(const task_outcome<std::string>& outcome) {
    if (!outcome) {
        return "nil";
    }
    return outcome->has_value() ? json{"ok", **outcome}
                                : json{"exit", cli::shown_reason(outcome->error())};
}
json shown_outcomes(const std::vector<task_outcome<std::string>>& outcomes) {
    json out = json::array();
    for (const auto& each : outcomes) {
        out.push_back(shown_outcome(each));
    }
    return out;
}

void show(stage& here, const std::string& label, json value) {
    here.event(label, "result", {{"value", std::move(value)}});
}

performance open(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        dynamic_supervisor_flags flags{.max_restarts = step["max_restarts"],
                                       .max_seconds = std::chrono::hours{1}};
        flags.name = supervisor_name;
        if (step.contains("max_children")) {
            flags.max_children = step["max_children"];
        }
        auto starting = task_supervisor::start_link(flags);
        const auto started = co_await starting;
        show(here, label, shown_start(started.ok(), started.ignored(), started.error()));
    }};
}

task<judged_task> begin_task(stage_access access, std::string how, std::string given,
                             shutdown_limit limit) {
    if (how == "plain") {
        co_return tasks::async(run_script, access, given);
    }
    const task_supervisor supervisor{supervisor_name};
    const supervised_task_options options{.shutdown = limit};
    auto starting = how == "link" ? supervisor.async(options, run_script, access, given)
                                  : supervisor.async_nolink(options, run_script, access, given);
    co_return co_await starting;
}

performance begin(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        json result = "ok";
        const stage_access access{&here};
        const shutdown_limit limit = limit_or_kill(step, "shutdown");
        try {
            auto beginning = begin_task(access, step["how"], step.dump(), limit);
            const judged_task begun = co_await beginning;
            here.keep(label + " " + step["id"].get<std::string>(), begun);
        } catch (const max_children_error&) {
            result = "max_children";
        }
        show(here, label, result);
    }};
}

performance start_child(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        const task_supervisor supervisor{supervisor_name};
        const supervised_task_options options{.shutdown = limit_or_kill(step, "shutdown"),
                                              .restart = restart_of(step)};
        const std::string given = step.dump();
        const stage_access access{&here};
        auto starting = supervisor.start_child(options, run_script, access, given);
        const child_result started = co_await starting;
        show(here, label, shown_start(started.ok(), started.ignored(), started.error()));
    }};
}

performance count_children(stage& here) {
    return {.by_client = [&here](std::string label) -> task<> {
        const task_supervisor supervisor{supervisor_name};
        auto asking = supervisor.children();
        const std::vector<pid> children = co_await asking;
        show(here, label, children.size());
    }};
}

performance terminate_child(stage& here, const json& step) {
    const auto child = here.find(step["to"]);
    if (!child) {
        return {.result = "error:unknown"};
    }
    return {.by_client = [&here, child](std::string label) -> task<> {
        const task_supervisor supervisor{supervisor_name};
        auto asking = supervisor.terminate_child(*child);
        const void_result done = co_await asking;
        show(here, label, done ? "ok" : "error:" + cli::shown_reason(done.error()));
    }};
}

task<json> ask_one(std::string what, judged_task of, const json& step) {
    const time_span limit = limit_of(step, "timeout");
    if (what == "await") {
        auto waiting = of.await(limit);
        co_return co_await waiting;
    }
    if (what == "yield") {
        auto waiting = of.yield(limit);
        const auto outcome = co_await waiting;
        co_return shown_outcome(outcome);
    }
    if (what == "ignore") {
        co_return shown_outcome(of.ignore());
    }
    auto waiting = of.shutdown(limit_or_kill(step, "timeout"));
    const auto outcome = co_await waiting;
    co_return shown_outcome(outcome);
}

performance one(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        const auto of = here.kept<judged_task>(label + " " + step["id"].get<std::string>());
        if (!of) {
            show(here, label, "unknown");
            co_return;
        }
        auto asking = ask_one(step["do"], *of, step);
        const json answer = co_await asking;
        show(here, label, answer);
    }};
}

performance many(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        std::vector<judged_task> all;
        for (const json& id : step["ids"]) {
            if (auto each = here.kept<judged_task>(label + " " + id.get<std::string>())) {
                all.push_back(*each);
            }
        }
        const time_span limit = limit_of(step, "timeout");
        json answer;
        if (step["do"] == "await_many") {
            auto waiting = tasks::await_many(all, limit);
            const std::vector<std::string> results = co_await waiting;
            answer = results;
        } else {
            const yield_many_options options{.timeout = limit};
            auto waiting = tasks::yield_many(all, options);
            const auto outcomes = co_await waiting;
            answer = shown_outcomes(outcomes);
        }
        show(here, label, answer);
    }};
}

/// The items of a stream, which is collected whole.
template <class Stream>
task<json> collected(Stream items) {
    auto collecting = items.collect();
    const auto all = co_await collecting;
    json out = json::array();
    for (const auto& each : all) {
        out.push_back(shown_outcome(each));
    }
    co_return out;
}

task<json> stream_items(stage_access access, const json& step) {
    std::vector<std::string> items;
    for (const json& script : step["items"]) {
        const std::string id = step["id"].get<std::string>() + "i" + std::to_string(items.size());
        items.push_back(json{{"id", id}, {"script", script}}.dump());
    }
    const auto run = [access](std::string given) { return run_script(access, std::move(given)); };
    stream_options options{.max_concurrency = step["max_concurrency"],
                           .ordered = step["ordered"],
                           .timeout = limit_of(step, "timeout")};
    options.on_timeout =
        step["kills"].get<bool>() ? on_stream_timeout::kill_task : on_stream_timeout::exit;
    const std::string how = step["how"];
    if (how == "plain") {
        return collected(tasks::async_stream(items, run, options));
    }
    const task_supervisor supervisor{supervisor_name};
    const shutdown_limit limit = limit_or_kill(step, "shutdown");
    if (how == "link") {
        return collected(supervisor.async_stream(items, run, options, limit));
    }
    return collected(supervisor.async_stream_nolink(items, run, options, limit));
}

performance stream(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        json answer;
        const stage_access access{&here};
        try {
            auto streaming = stream_items(access, step);
            answer = co_await streaming;
        } catch (const max_children_error&) {
            answer = "max_children";
        }
        show(here, label, answer);
    }};
}

}  // namespace

performance perform_tasks(stage& here, const json& step) {
    const std::string what = step["do"];
    if (what == "open") {
        return open(here, step);
    }
    if (what == "async") {
        return begin(here, step);
    }
    if (what == "start_child") {
        return start_child(here, step);
    }
    if (what == "children") {
        return count_children(here);
    }
    if (what == "terminate_child") {
        return terminate_child(here, step);
    }
    if (what == "stream") {
        return stream(here, step);
    }
    if (what == "exit" || what == "end") {
        return *perform_common(here, step);
    }
    return step.contains("ids") ? many(here, step) : one(here, step);
}

}  // namespace coppice::judge
