// SPDX-License-Identifier: Apache-2.0
// Every trace recorded from Erlang/OTP is reproduced here.
//
// Goal    Behaviour equal to OTP's, on trees, restart windows and bare processes.
// Method  Each scenario runs in the simulator through the public API, with several seeds, most of them with
//         signals in transit for some time. Where OTP leaves the order open, any order is accepted; nothing
//         else may depend on the schedule.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

struct schedule {
    std::uint64_t seed;
    signal_delays delays;
};
constexpr schedule schedules[] = {{1, signal_delays::none},
                                  {2, signal_delays::in_order},
                                  {3, signal_delays::in_order},
                                  {4, signal_delays::per_pair}};
/// In a timeline, several timers are due at one instant. Erlang's timers fire in the order of setting.
constexpr std::size_t schedules_with_timers_in_order = 3;

void compare_all(const std::string& name, std::size_t count,
                 std::span<const schedule> under = schedules) {
    std::ifstream file{std::string{COPPICE_TEST_DATA} + "/" + name};
    std::string line;
    std::size_t number = 0;
    std::size_t failures = 0;
    while (std::getline(file, line)) {
        ++number;
        const auto recorded = nlohmann::json::parse(line);
        auto given = read_scenario(recorded["scenario"].dump());
        ASSERT_TRUE(given) << name << ":" << number << ": " << to_string(given.error());
        const trace expected{recorded["trace"].begin(), recorded["trace"].end()};
        for (const auto& [seed, delays] : under) {
            std::visit(
                [&](auto& each) {
                    each.seed = seed;
                    each.delays = delays;
                },
                *given);
            const auto got = run_scenario(*given);
            ASSERT_TRUE(got) << name << ":" << number << ": " << to_string(got.error());
            EXPECT_EQ(got->broken_invariants, std::vector<std::string>{}) << name << ":" << number;
            const std::string differs = difference(*given, expected, got->lines);
            EXPECT_EQ(differs, "") << name << ":" << number << " with seed " << seed;
            failures += differs.empty() ? 0U : 1U;
            ASSERT_LT(failures, 20U) << "stopped after 20 failures";
        }
    }
    EXPECT_EQ(number, count);
}

TEST(recorded_traces, of_supervision_come_out_equal) {
    compare_all("supervision.jsonl", 600);
}

TEST(recorded_traces, of_timelines_come_out_equal) {
    compare_all("timelines.jsonl", 22, std::span{schedules}.first(schedules_with_timers_in_order));
}

TEST(recorded_traces, of_processes_come_out_equal) {
    compare_all("processes.jsonl", 400);
}

}  // namespace
}  // namespace coppice::cli
