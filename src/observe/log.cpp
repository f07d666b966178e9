// SPDX-License-Identifier: Apache-2.0
// Log lines: from a process, from a thread that belongs to a runtime, and from any other thread.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <utility>

#include "base/turn.hpp"
#include "coppice/logger.hpp"
#include "coppice/report.hpp"
#include "observe/log_line.hpp"
#include "observe/log_scopes.hpp"
#include "observe/report_hub.hpp"
#include "process/caller.hpp"
#include "process/runtimes.hpp"

namespace coppice {
namespace observe {

line_wish wish_for(detail::runtime_core& world, const pid& from, std::string_view module,
                   report_level level) {
    if (level == report_level::off) {
        return line_wish::none;
    }
    if (levels_are_set.load(std::memory_order_relaxed)) {
        if (const auto set = log_scopes::of(world).level_of(from, module)) {
            return level >= *set ? line_wish::at_any_level : line_wish::none;
        }
    }
    return world.wants(level) ? line_wish::at_its_level : line_wish::none;
}

void write_line(detail::runtime_core& world, const pid& from, given_line line) {
    const line_wish wish = wish_for(world, from, line.module, line.level);
    if (wish == line_wish::none || world.reports() == nullptr) {
        return;
    }
    std::vector<log_field> fields;
    if (!line.module.empty()) {
        fields.push_back({"module", std::string{line.module}});
    }
    if (from) {
        std::vector<log_field> own = log_scopes::of(world).metadata(from);
        std::ranges::move(own, std::back_inserter(fields));
    }
    std::ranges::move(line.fields, std::back_inserter(fields));
    world.publish_line({line.level, world.scheduler().clock().wall_time(), from,
                        text_report{std::move(line.text)}, std::move(fields)},
                       wish == line_wish::at_any_level);
}

namespace {

/// As a runtime prints a report by default.
void print(given_line line) {
    if (line.level >= report_level::warning && line.level != report_level::off) {
        const std::string text = format_line({line.level,
                                              std::chrono::system_clock::now(),
                                              {},
                                              text_report{std::move(line.text)},
                                              std::move(line.fields)});
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
}

/// Code of the runtime's threads outside of a turn logs nothing, unless the thread belongs to a pool.
bool logs_nothing() noexcept {
    return base::acts_without_caller() && process_layer::node_of_thread() == 0;
}

}  // namespace

void write_line_here(given_line line) {
    if (report_hub::serves_here()) {
        return print(std::move(line));
    }
    if (base::current_process() != nullptr) {
        if (detail::runtime_core* const here = process_layer::runtime_of_caller()) {
            write_line(*here, self(), std::move(line));
        }
        return;
    }
    if (logs_nothing()) {
        return;
    }
    if (const std::shared_ptr<detail::runtime_core> world = process_layer::runtime_of_thread()) {
        write_line(*world, {}, std::move(line));
    } else {
        print(std::move(line));
    }
}

}  // namespace observe

void log(report_level level, std::string text) {
    observe::write_line_here({level, {}, std::move(text), {}});
}

namespace logger {

using detail::runtime_core;
using observe::log_scopes;

void module_log::log(report_level level, std::string text, std::vector<log_field> fields) const {
    observe::write_line_here({level, name_, std::move(text), std::move(fields)});
}

bool module_log::wants(report_level level) const {
    if (base::current_process() != nullptr) {
        runtime_core* const here = process_layer::runtime_of_caller();
        return here != nullptr &&
               observe::wish_for(*here, self(), name_, level) != observe::line_wish::none;
    }
    const std::shared_ptr<runtime_core> world =
        observe::report_hub::serves_here() ? nullptr : process_layer::runtime_of_thread();
    return world == nullptr
               ? level >= report_level::warning && level != report_level::off
               : observe::wish_for(*world, {}, name_, level) != observe::line_wish::none;
}

void set_metadata(std::vector<log_field> fields) {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        log_scopes::of(*here).add_metadata(self(), std::move(fields));
    }
}

void remove_metadata(std::string_view key) {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        log_scopes::of(*here).remove_metadata(self(), key);
    }
}

void reset_metadata() {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        log_scopes::of(*here).reset_metadata(self());
    }
}

std::vector<log_field> metadata() {
    runtime_core* const here =
        base::current_process() == nullptr ? nullptr : process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<log_field>{} : log_scopes::of(*here).metadata(self());
}

}  // namespace logger
}  // namespace coppice
