// SPDX-License-Identifier: Apache-2.0
// coppice_growth OPERATION HOSTS VISITS prints, as a line of JSON, the cost of one visit when HOSTS hosts are
// visited in turn. coppice_growth --list prints all operations. COPPICE_WORKERS is the number of scheduler
// threads. script/bench --growth runs all operations with more and more hosts.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/measure.hpp"
#include "common/program.hpp"
#include "operations.hpp"

namespace bench {
namespace {

struct operation {
    std::string_view name;
    task<double> (*run)(tour along);
};

constexpr operation operations[] = {
    {"send", visit_by_message},
    {"call", visit_by_call},
    {"spawn", replace},
    {"restart", restart_each},
    {"restart_again", restart_again},
    {"find_child", find_child},
    {"timer", reset_timer},
    {"whereis", look_up},
};

int list() {
    for (const operation& each : operations) {
        std::puts(std::string{each.name}.c_str());
    }
    return 0;
}

/// Skips the shutdown: the end of a million processes would count in measurements from outside.
[[noreturn]] void leave() {
    std::fflush(stdout);
    std::quick_exit(0);
}

int run(const operation& chosen, tour along) {
    const auto app = [&chosen, along]() -> task<> {
        const double each = co_await chosen.run(along);
        print_figure(chosen.name, each, "ns", along.visits);
        print_peak();
        leave();
    };
    return coppice::run(app, options());
}

int usage() {
    std::fputs("usage: coppice_growth OPERATION HOSTS VISITS | --list\n", stderr);
    return 2;
}

int main_of(int words, char** word) {
    if (words == 2 && std::string_view{word[1]} == "--list") {
        return list();
    }
    if (words != 4) {
        return usage();
    }
    const auto* chosen = std::ranges::find(operations, std::string_view{word[1]}, &operation::name);
    const tour along{positive_number(word[2]), positive_number(word[3])};
    const bool known = chosen != std::end(operations) && along.hosts > 0 && along.visits > 0;
    return known ? run(*chosen, along) : usage();
}

}  // namespace
}  // namespace bench

int main(int words, char** word) {
    return bench::main_of(words, word);
}
