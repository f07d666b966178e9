// SPDX-License-Identifier: Apache-2.0
// Runs scenarios in Coppice and compares with the traces of real OTP. script/conformance starts this program.
//
// Standard input has a JSON object a line: {"scenario", "trace"}. The answer is a line: {"difference", "trace"} with
// the trace of Coppice and an empty text if the traces are equal, or {"refused"} for a scenario that is not valid.

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"

namespace coppice::judge {
namespace {

using nlohmann::json;

struct schedule {
    std::uint64_t seed;
    signal_delays delays;
};
constexpr std::array<schedule, 3> schedules{
    {{1, signal_delays::none}, {2, signal_delays::in_order}, {4, signal_delays::per_pair}}};

json compared(const json& given) {
    auto scenario = cli::read_scenario(given["scenario"].dump());
    if (!scenario) {
        return {{"refused", to_string(scenario.error())}};
    }
    const cli::trace expected{given["trace"].begin(), given["trace"].end()};
    cli::trace last;
    for (const auto& [seed, delays] : schedules) {
        std::visit(
            [&](auto& each) {
                each.seed = seed;
                each.delays = delays;
            },
            *scenario);
        const auto got = run_scenario(*scenario);
        if (!got) {
            return {{"refused", to_string(got.error())}};
        }
        std::string differs = difference(*scenario, expected, got->lines);
        if (differs.empty() && !got->broken_invariants.empty()) {
            differs = got->broken_invariants.front();
        }
        last = got->lines;
        if (!differs.empty()) {
            return {{"difference", "schedule " + std::to_string(seed) + ": " + differs},
                    {"trace", last}};
        }
    }
    return {{"difference", ""}, {"trace", last}};
}

int serve() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::cout << compared(json::parse(line)).dump() << '\n' << std::flush;
    }
    return 0;
}

}  // namespace
}  // namespace coppice::judge

int main() {
    return coppice::judge::serve();
}
