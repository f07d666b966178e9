// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/turn.hpp"
#include "coppice/report.hpp"
#include "observe/report_hub.hpp"
#include "process/caller.hpp"

namespace coppice {
namespace {

/// As a runtime prints a report by default.
void print(report_level level, std::string text) {
    if (level >= report_level::warning && level != report_level::off) {
        const std::string line = format_line(
            {level, std::chrono::system_clock::now(), {}, text_report{std::move(text)}});
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
}

}  // namespace

void log(report_level level, std::string text) {
    const bool is_without_caller =
        base::acts_without_caller() && !observe::report_hub::serves_here();
    if (base::current_process() == nullptr && !is_without_caller) {
        print(level, std::move(text));
        return;
    }
    if (detail::runtime_core* const here = detail::runtime_of_caller();
        here != nullptr && here->wants(level)) {
        here->publish(level, self(), text_report{std::move(text)});
    }
}

}  // namespace coppice
