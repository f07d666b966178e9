// SPDX-License-Identifier: Apache-2.0
// Runs scenarios of the kind "partitions": a partition supervisor over dynamic supervisors, and dynamic supervisors
// below these. The workers are the servers of the kind "server".

#include <algorithm>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/partition_supervisor.hpp"
#include "scripted_server.hpp"

namespace coppice::judge {
namespace {

const std::string supervisor_name = "partitions";

/// Starts a dynamic supervisor that has a label.
struct start_dynamic {
    using result = dynamic_supervisor::start_awaiter::result;

    task<result> operator()() const { return start(access, label, max_restarts, max_children); }
    static task<result> start(stage_access access, std::string label, int max_restarts,
                              std::size_t max_children) {
        const dynamic_supervisor_flags flags{.max_restarts = max_restarts,
                                             .max_seconds = std::chrono::hours{1},
                                             .max_children = max_children};
        auto starting = dynamic_supervisor::start_link(flags);
        auto started = co_await starting;
        if (started) {
            access.here->watch(started.process(), label);
        }
        co_return started;
    }

    stage_access access;
    std::string label;
    int max_restarts = 3;
    std::size_t max_children = unlimited;
};

child_spec dynamic_spec(stage& here, const std::string& label, const json& step) {
    const start_dynamic start{
        {&here},
        label,
        step["max_restarts"],
        step.contains("max_children") ? step["max_children"].get<std::size_t>() : unlimited};
    return child_with_start(label, start).type(child_type::supervisor);
}

void show(stage& here, const std::string& label, json value) {
    here.event(label, "result", {{"value", std::move(value)}});
}

restart_strategy strategy_of(const std::string& name) {
    return name == "one_for_all"    ? restart_strategy::one_for_all
           : name == "rest_for_one" ? restart_strategy::rest_for_one
                                    : restart_strategy::one_for_one;
}

performance open(stage& here, const json& step) {
    return {.by_client = [&here, &step](std::string label) -> task<> {
        partition_supervisor_flags flags{.partitions = step["partitions"].get<std::size_t>(),
                                         .strategy = strategy_of(step["strategy"]),
                                         .max_restarts = step["max_restarts_of_all"],
                                         .max_seconds = std::chrono::hours{1}};
        flags.name = supervisor_name;
        const auto spec = [&here, &step](std::size_t partition) {
            return dynamic_spec(here, "p" + std::to_string(partition), step);
        };
        const partition_maker make{spec};
        auto starting = partition_supervisor::start_link(make, flags);
        const auto started = co_await starting;
        show(here, label, shown_start(started.ok(), started.ignored(), started.error()));
    }};
}

/// The dynamic supervisor of a step: of a key, or with a label. An exit of the caller is the result "noproc".
dynamic_supervisor under(const stage& here, const json& step) {
    if (step.contains("under")) {
        return dynamic_supervisor{*here.find(step["under"])};
    }
    return dynamic_supervisor{partition_supervisor{supervisor_name}.at(step["key"].get<int>())};
}

child_spec spec_of(stage& here, const json& step) {
    child_spec spec = step.contains("max_restarts")
                          ? dynamic_spec(here, step["id"], step)
                          : child<scripted_server>(stage_access{&here}, step.dump());
    spec.restart(restart_of(step));
    if (step.contains("shutdown")) {
        spec.shutdown(time_of(step["shutdown"]));
    }
    return spec;
}

task<json> start_below(stage& here, const json& step) {
    const dynamic_supervisor above = under(here, step);
    auto starting = above.start_child(spec_of(here, step));
    const child_result started = co_await starting;
    co_return shown_start(started.ok(), started.ignored(), started.error());
}

task<json> terminate_below(stage& here, const json& step) {
    const dynamic_supervisor above = under(here, step);
    auto asking = above.terminate_child(*here.find(step["of"]));
    const void_result done = co_await asking;
    co_return done ? "ok" : "error:" + cli::shown_reason(done.error());
}

task<json> count_below(stage& here, const json& step) {
    const dynamic_supervisor above = under(here, step);
    auto asking = above.count_children();
    const child_counts counts = co_await asking;
    co_return json{counts.specs, counts.active, counts.supervisors, counts.workers};
}

task<json> children_below(stage& here, const json& step) {
    const dynamic_supervisor above = under(here, step);
    auto asking = above.which_children();
    const std::vector<child_info> children = co_await asking;
    json out = json::array();
    for (const child_info& each : children) {
        out.push_back(here.label_of(each.process));
    }
    std::sort(out.begin(), out.end());
    co_return out;
}

task<json> partitions_of_all() {
    const partition_supervisor all{supervisor_name};
    auto asking = all.which_children();
    const std::vector<partition_info> children = co_await asking;
    json alive = json::array();
    for (const partition_info& each : children) {
        if (each.status == child_status::running) {
            alive.push_back(each.partition);
        }
    }
    std::sort(alive.begin(), alive.end());
    co_return json{all.partitions(), alive};
}

task<json> stop_all(const json& step) {
    const partition_supervisor all{supervisor_name};
    auto stopping = coppice::stop(all.whereis(), reason_of(step));
    co_await stopping;
    co_return "ok";
}

task<json> answer_to(stage& here, const json& step) {
    const std::string what = step["do"];
    return what == "start"        ? start_below(here, step)
           : what == "terminate"  ? terminate_below(here, step)
           : what == "count"      ? count_below(here, step)
           : what == "children"   ? children_below(here, step)
           : what == "partitions" ? partitions_of_all()
                                  : stop_all(step);
}

}  // namespace

performance perform_partitions(stage& here, const json& step) {
    if (step["do"] == "open") {
        return open(here, step);
    }
    if (step.contains("to") || step["do"] == "end" || step["do"] == "reply") {
        return perform_server(here, step);
    }
    for (const char* const key : {"under", "of"}) {
        if (step.contains(key) && !here.find(step[key])) {
            return {.result = "error:unknown"};
        }
    }
    return {.by_client = [&here, &step](std::string label) -> task<> {
        json answer;
        try {
            auto asking = answer_to(here, step);
            answer = co_await asking;
        } catch (const detail::process_exit& exit) {
            // Of a failed request {Why, Request}, of a stop the reason alone.
            answer = cli::shown_reason(exit.why.size() == 2 ? exit.why[0] : exit.why);
        }
        show(here, label, answer);
    }};
}

}  // namespace coppice::judge
