// SPDX-License-Identifier: Apache-2.0
// coppice_bench WORKLOAD N runs a workload with about N operations, and prints a line of JSON for each figure
// and for the peak memory. coppice_bench --list prints all workloads. COPPICE_WORKERS is the number of
// scheduler threads. bench/run.py compares the figures with other systems.

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/program.hpp"
#include "workloads.hpp"

namespace bench {

task<figures> nothing(int) {
    co_return one_figure(0);
}

namespace {

constexpr workload workloads[] = {
    {"nothing", "ns", nothing},
    {"ping_pong", "ns", ping_pong},
    {"ping_pong_100", "ns", [](int n) { return ping_pong_in_pairs(100, n); }},
    {"call", "ns", calls},
    {"ring_100", "ns", [](int n) { return ring(100, n); }},
    {"ring_503", "ns", [](int n) { return ring(503, n); }},
    {"payload_64", "ns", [](int n) { return payload(64, n); }},
    {"payload_1k", "ns", [](int n) { return payload(1024, n); }},
    {"payload_64k", "ns", [](int n) { return payload(65536, n); }},
    {"fan_in_1", "ns", [](int n) { return fan_in(1, n); }},
    {"fan_in_2", "ns", [](int n) { return fan_in(2, n); }},
    {"fan_in_100", "ns", [](int n) { return fan_in(100, n); }},
    {"big", "ns", big},
    {"fork_join", "ns", fork_join},
    {"chameneos", "ns", chameneos},
    {"mailbox", "ns", mailbox},
    {"spawn_exit", "ns", spawn_exit},
    {"spawn_chain", "ns", spawn_chain},
    {"memory_process", "bytes", memory_process},
    {"memory_server", "bytes", memory_server},
    {"kill_restart", "ns", kill_restart},
    {"crash_restart", "ns", crash_restart},
    {"supervisor", "ns", static_supervisor},
    {"dynamic", "ns", dynamic_children},
    {"simple_one_for_one", "ns", dynamic_children},
    {"one_for_all", "ns", [](int n) { return group_restart(one_for_all, n); }},
    {"rest_for_one", "ns", [](int n) { return group_restart(rest_for_one, n); }},
    {"which_children", "ns", which_children},
    {"count_children", "ns", count_children},
    {"whereis", "ns", look_up_names},
    {"monitor_demonitor", "ns", monitor_demonitor},
    {"exit_links", "ns", exit_links},
    {"exit_monitors", "ns", exit_monitors},
    {"die_together", "ns", die_together},
    {"registry_look_up", "ns", registry_look_up},
    {"registry_register", "ns", registry_register},
    {"registry_dispatch", "ns", registry_dispatch},
    {"timer_set", "ns", timer_set},
    {"timer_cancel", "ns", timer_cancel},
    {"timer_fire", "ns", timer_fire},
    {"timer_burst", "ns", timer_burst},
    {"fairness", "ns", fairness},
};

int list() {
    for (const workload& each : workloads) {
        std::puts(std::string{each.name}.c_str());
    }
    return 0;
}

int run(const workload& chosen, int count) {
    const auto app = [&chosen, count]() -> task<> {
        const figures measured = co_await chosen.run(count);
        for (const figure& each : measured) {
            const std::string name = std::string{chosen.name} + std::string{each.suffix};
            print_figure(name, each.value, chosen.unit, count);
        }
    };
    const int status = coppice::run(app, options());
    print_peak();
    return status;
}

int usage() {
    std::fputs("usage: coppice_bench WORKLOAD N | --list\n", stderr);
    return 2;
}

int main_of(int words, char** word) {
    if (words == 2 && std::string_view{word[1]} == "--list") {
        return list();
    }
    if (words != 3) {
        return usage();
    }
    const auto* chosen = std::ranges::find(workloads, std::string_view{word[1]}, &workload::name);
    const int count = positive_number(word[2]);
    if (chosen == std::end(workloads) || count == 0) {
        std::fprintf(stderr,
                     "coppice_bench: no workload is named %s, or %s is not a positive number\n",
                     word[1], word[2]);
        return usage();
    }
    return run(*chosen, count);
}

}  // namespace
}  // namespace bench

int main(int words, char** word) {
    return bench::main_of(words, word);
}
