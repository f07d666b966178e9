// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "coppice/testing/sim_world.hpp"
#include "simulate/printable.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {

void fail_without_rest(const std::string& place, std::uint64_t turns_max) {
    throw scenario_error{place, "has not come to rest after " + std::to_string(turns_max) +
                                    " turns of its processes; let children fail less often, lower "
                                    "max_restarts, or let less time pass"};
}

runtime_options world_options(std::optional<signal_delays> delays) {
    runtime_options options = testing::sim_world::quiet();
    options.delays = delays;
    return options;
}

std::expected<run_result, scenario_error> run_scenario(const scenario& given,
                                                       std::uint64_t turns_max) {
    trace lines;
    auto result =
        run_scenario(given, [&lines](const trace_line& line) { lines.push_back(line); }, turns_max);
    if (result) {
        result->lines = std::move(lines);
    }
    return result;
}

std::expected<run_result, scenario_error> run_scenario(const scenario& given, const line_sink& sink,
                                                       std::uint64_t turns_max) {
    try {
        if (const auto* tree = std::get_if<tree_scenario>(&given)) {
            return run_tree(*tree, sink, turns_max);
        }
        return run_processes(std::get<process_scenario>(given), sink, turns_max);
    } catch (const scenario_error& error) {
        return std::unexpected{scenario_error{printable(error.place), printable(error.problem)}};
    }
}

}  // namespace coppice::cli
