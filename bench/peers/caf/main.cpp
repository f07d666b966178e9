// SPDX-License-Identifier: Apache-2.0
// caf_bench WORKLOAD N runs a workload with about N operations and prints a line of JSON with the
// result. caf_bench --list prints all workloads. CAF_THREADS is the number of threads that run
// actors, by default one per core.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "workloads.hpp"

namespace bench {
namespace {

using caf::actor_system;

figures nothing(actor_system&, int) {
    return 0;
}

struct entry {
    std::string_view name;
    workload run;
    std::string_view unit = "ns";
    std::size_t max_throughput =
        /// The most messages in one turn of an actor; 0: unlimited.
        0;
};

constexpr entry workloads[] = {
    {"nothing", nothing},
    {"ping_pong", [](actor_system& s, int n) { return ping_pong_in_pairs(s, 1, n); }},
    {"ping_pong_100", [](actor_system& s, int n) { return ping_pong_in_pairs(s, 100, n); }},
    {"call", calls},
    {"ring_100", [](actor_system& s, int n) { return ring(s, 100, n); }},
    {"ring_503", [](actor_system& s, int n) { return ring(s, 503, n); }},
    {"payload_64", [](actor_system& s, int n) { return payload(s, 64, n); }},
    {"payload_1k", [](actor_system& s, int n) { return payload(s, 1024, n); }},
    {"payload_64k", [](actor_system& s, int n) { return payload(s, 65536, n); }},
    {"fan_in_1", [](actor_system& s, int n) { return fan_in(s, 1, n); }},
    {"fan_in_2", [](actor_system& s, int n) { return fan_in(s, 2, n); }},
    {"fan_in_100", [](actor_system& s, int n) { return fan_in(s, 100, n); }},
    {"big", big},
    {"fork_join", fork_join},
    {"chameneos", chameneos},
    {"mailbox", mailbox},
    {"spawn_exit", spawn_exit},
    {"spawn_chain", spawn_chain},
    {"memory_process", memory_process, "bytes"},
    {"memory_server", memory_server, "bytes"},
    {"whereis", look_up_names},
    {"monitor_demonitor", monitor_demonitor},
    {"exit_links", exit_links},
    {"exit_monitors", exit_monitors},
    {"die_together", die_together},
    {"timer_set", timer_set},
    {"timer_fire", timer_fire},
    {"timer_burst", timer_burst},
    {"fairness", fairness, "ns", 50},
};

int list() {
    for (const entry& each : workloads) {
        std::puts(std::string{each.name}.c_str());
    }
    return 0;
}

/// `text` as a positive number, or 0.
int positive_number(std::string_view text) {
    int number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    return wrong == std::errc{} && end == text.data() + text.size() && number > 0 ? number : 0;
}

std::size_t threads() {
    const char* chosen = std::getenv("CAF_THREADS");
    const int number = chosen == nullptr ? 0 : positive_number(chosen);
    return number > 0 ? static_cast<std::size_t>(number) : std::thread::hardware_concurrency();
}

void print(const std::string& name, double value, std::string_view unit, int operations) {
    std::printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"ops\":%d}\n", name.c_str(),
                value, std::string{unit}.c_str(), operations);
}

/// The peak resident memory of this OS process.
void print_peak() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) {
            print("peak", std::stod(line.substr(6)) * 1024, "bytes", 1);
        }
    }
}

int run(const entry& chosen, int count) {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", threads());
    if (chosen.max_throughput > 0) {
        config.set("scheduler.max-throughput", chosen.max_throughput);
    }
    actor_system system{config};
    for (const figure& each : chosen.run(system, count)) {
        print(std::string{chosen.name} + std::string{each.suffix}, each.value, chosen.unit, count);
    }
    print_peak();
    return 0;
}

int usage() {
    std::fputs("usage: caf_bench WORKLOAD N | --list\n", stderr);
    return 2;
}

int main_of(int words, char** word) {
    if (words == 2 && std::string_view{word[1]} == "--list") {
        return list();
    }
    if (words != 3) {
        return usage();
    }
    const auto* chosen = std::find_if(std::begin(workloads), std::end(workloads),
                                      [word](const entry& each) { return each.name == word[1]; });
    const int count = positive_number(word[2]);
    return chosen == std::end(workloads) || count == 0 ? usage() : run(*chosen, count);
}

}  // namespace
}  // namespace bench

int main(int words, char** word) {
    return bench::main_of(words, word);
}
