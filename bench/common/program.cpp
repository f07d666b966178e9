// SPDX-License-Identifier: Apache-2.0

#include "common/program.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace bench {

int positive_number(std::string_view text) {
    int number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    return wrong == std::errc{} && end == text.data() + text.size() && number > 0 ? number : 0;
}

coppice::runtime_options options() {
    const char* chosen = std::getenv("COPPICE_WORKERS");
    const int workers = chosen == nullptr ? 0 : positive_number(chosen);
    return {.workers = static_cast<unsigned>(workers), .level = coppice::report_level::off};
}

void print_figure(std::string_view name, double value, std::string_view unit, int operations) {
    std::printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"ops\":%d}\n",
                std::string{name}.c_str(), value, std::string{unit}.c_str(), operations);
}

double resident_bytes() {
    std::ifstream pages{"/proc/self/statm"};
    double size = 0;
    double resident = 0;
    pages >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void print_peak() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            print_figure("peak", std::stod(line.substr(6)) * 1024, "bytes", 1);
        }
    }
}

}  // namespace bench
