// SPDX-License-Identifier: Apache-2.0
// Runs scenarios in Coppice and compares with the traces of real OTP. script/conformance starts this program.
//
// Standard input has a JSON object a line: {"scenario", "trace"}. The answer is a line: {"difference", "trace"} with
// the trace of Coppice and an empty text if the traces are equal, or {"refused"} for a scenario that is not valid.

#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"
#include "stage.hpp"

namespace coppice::judge {
namespace {

struct outcome {
    json trace;
    std::string difference;
};

std::set<std::string> dead_in(const json& line) {
    std::set<std::string> out;
    for (const json& each : line["events"]) {
        if (each["event"] == "died") {
            out.insert(each["process"]);
        }
    }
    return out;
}

/// Keeps the events that `is_kept` accepts.
template <class Accepts>
json with_events(json line, Accepts is_kept) {
    json events = json::array();
    for (json& each : line["events"]) {
        if (is_kept(each)) {
            events.push_back(std::move(each));
        }
    }
    line["events"] = std::move(events);
    return line;
}

/// Removes from a line of the kind "processes" what OTP leaves to a race. A message to a process that dies in the same
/// step arrives before or after the end. A process that dies because of the step dies before or after the answer.
json without_races(json line, const json& step) {
    const std::set<std::string> dead = dead_in(line);
    line = with_events(std::move(line), [&](const json& each) {
        return each["event"] == "died" || !dead.contains(each["process"]);
    });
    if (dead.contains(step["by"])) {
        line["result"] = "exited";
    }
    return line;
}

bool is_signal(const json& event) {
    return event["event"] == "exit_message" || event["event"] == "down_message";
}

/// The clients of the streams, by the common part of the labels of a stream's tasks.
using stream_clients = std::map<std::string, std::string>;

stream_clients clients_of_streams(const json& scenario) {
    stream_clients out;
    for (const json& step : scenario["steps"]) {
        if (step["do"] == "stream") {
            out.emplace(step["id"], step["by"]);
        }
    }
    return out;
}

/// The same for the kinds with clients. Signals of several processes arrive in any order, also before or after the signal
/// that ends the receiver. If a client dies with a process that the client has started or stopped, the end comes before
/// or after the result. If a client dies, its stream may or may not start one more task, and tasks end in several ways.
json without_races_on_stage(json line, const stream_clients& streams) {
    const std::set<std::string> dead = dead_in(line);
    line = with_events(std::move(line), [&](const json& each) {
        const std::string process = each["process"];
        const auto stream = streams.find(process.substr(0, process.find('i')));
        const bool of_dead_client = stream != streams.end() && dead.contains(stream->second);
        const bool races_with_end =
            is_signal(each) || each["event"] == "started" || each["event"] == "result";
        return !of_dead_client && (!races_with_end || !dead.contains(process));
    });
    json& events = line["events"];
    for (auto begin = events.begin(); begin != events.end();) {
        const std::string process = (*begin)["process"];
        const auto end = std::find_if(begin, events.end(), [&](const json& each) {
            return !is_signal(each) || each["process"] != process;
        });
        std::sort(begin, end);
        begin = end == begin ? std::next(begin) : end;
    }
    return line;
}

/// The first line that differs.
std::string first_difference(const json& scenario, const json& expected, const json& got) {
    const stream_clients streams = clients_of_streams(scenario);
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        if (i >= expected.size() || i >= got.size()) {
            return "expected " + std::to_string(expected.size()) + " lines, got " +
                   std::to_string(got.size());
        }
        const json wanted = without_races_on_stage(expected[i], streams);
        const json found = without_races_on_stage(got[i], streams);
        if (wanted != found) {
            return "step " + std::to_string(i + 1) + ": expected " + wanted.dump() + ", got " +
                   found.dump();
        }
    }
    return {};
}

outcome run_on_stage(const json& given, const schedule& how) {
    stage here{given["scenario"], how};
    static const std::map<std::string, performance (*)(stage&, const json&)> kinds{
        {"server", perform_server}, {"statem", perform_statem}, {"registry", perform_registry},
        {"agents", perform_agents}, {"tasks", perform_tasks},   {"partitions", perform_partitions}};
    const auto perform = kinds.at(given["scenario"]["kind"]);
    outcome out;
    out.trace = here.run([&](const json& step) { return perform(here, step); });
    out.difference = first_difference(given["scenario"], given["trace"], out.trace);
    if (out.difference.empty() && !here.broken_invariants().empty()) {
        out.difference = here.broken_invariants().front();
    }
    return out;
}

cli::trace comparable(const json& scenario, const json& lines) {
    cli::trace out{lines.begin(), lines.end()};
    if (scenario.value("kind", "supervision") == "processes") {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = without_races(std::move(out[i]), scenario["steps"][i]);
        }
    }
    return out;
}

outcome run_as_scenario(const json& given, const schedule& how) {
    auto read = cli::read_scenario(given["scenario"].dump());
    if (!read) {
        throw read.error();
    }
    std::visit(
        [&](auto& each) {
            each.seed = how.seed;
            each.delays = how.delays;
        },
        *read);
    const auto got = run_scenario(*read);
    if (!got) {
        throw got.error();
    }
    const cli::trace expected = comparable(given["scenario"], given["trace"]);
    const cli::trace actual = comparable(given["scenario"], got->lines);
    outcome out{got->lines, difference(*read, expected, actual)};
    if (out.difference.empty() && !got->broken_invariants.empty()) {
        out.difference = got->broken_invariants.front();
    }
    return out;
}

outcome run_one(const json& given, const schedule& how) {
    const std::string kind = given["scenario"].value("kind", "supervision");
    const bool is_scenario = kind == "supervision" || kind == "processes";
    return is_scenario ? run_as_scenario(given, how) : run_on_stage(given, how);
}

json compared(const json& given, unsigned threads) {
    std::vector<schedule> schedules{
        {1, signal_delays::none}, {2, signal_delays::in_order}, {4, signal_delays::per_pair}};
    if (threads > 0) {
        schedules = {{.threads = threads}};
    }
    outcome last;
    for (const schedule& each : schedules) {
        try {
            last = run_one(given, each);
        } catch (const cli::scenario_error& error) {
            return {{"refused", to_string(error)}};
        } catch (const std::exception& error) {
            last = {json::array(), error.what()};
        }
        if (!last.difference.empty()) {
            last.difference = "schedule " + std::to_string(each.seed) + ": " + last.difference;
            break;
        }
    }
    return {{"difference", last.difference}, {"trace", last.trace}};
}

int serve(unsigned threads) {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::cout << compared(json::parse(line), threads).dump() << '\n' << std::flush;
    }
    return 0;
}

}  // namespace
}  // namespace coppice::judge

int main(int count, char** arguments) {
    constexpr std::string_view option = "--scheduler-threads=";
    unsigned threads = 0;
    for (int i = 1; i < count; ++i) {
        const std::string_view given{arguments[i]};
        const char* const end = given.data() + given.size();
        if (!given.starts_with(option) ||
            std::from_chars(given.data() + option.size(), end, threads).ptr != end) {
            std::cerr << "usage: conformance_judge [--scheduler-threads=N]\n";
            return 2;
        }
    }
    return coppice::judge::serve(threads);
}
