// SPDX-License-Identifier: Apache-2.0
// The handlers and levels of the logger, for the calling process.

#include <memory>
#include <utility>

#include "coppice/logger.hpp"
#include "coppice/process.hpp"
#include "observe/log_line.hpp"
#include "observe/log_scopes.hpp"
#include "process/caller.hpp"

namespace coppice {
namespace observe {

void add_handler_in(detail::runtime_core& world, std::string id, logger::output to,
                    const logger::handler_options& how) {
    if (id.empty() || how.room == 0) {
        throw badarg_error{"logger::add_handler: the id is empty, or the room is 0"};
    }
    const std::string kept = id;
    auto write = [to = std::move(to), form = how.form](const report& r) { to(r, form); };
    if (world.reports() != nullptr &&
        !world.reports()->add_handler(std::move(id), how.level, how.room, std::move(write))) {
        throw badarg_error{"logger::add_handler: there is a handler with the id \"" + kept + "\""};
    }
}

void set_process_level_in(detail::runtime_core& world, const pid& who,
                          std::optional<report_level> level) {
    if (world.is_open(who)) {
        log_scopes::of(world).set_process_level(who, level);
    }
}

namespace {

/// The sink of the calling process's runtime; null for a dead process.
base::report_sink* reports_here() noexcept {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? nullptr : here->reports();
}

}  // namespace
}  // namespace observe

namespace logger {

using detail::runtime_core;
using observe::log_scopes;

void set_process_level(const pid& who, std::optional<report_level> level) {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        observe::set_process_level_in(*here, who, level);
    }
}

std::optional<report_level> process_level(const pid& who) {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::nullopt : log_scopes::of(*here).process_level(who);
}

void set_module_level(std::string_view prefix, std::optional<report_level> level) {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        log_scopes::of(*here).set_module_level(prefix, level);
    }
}

std::optional<report_level> module_level(std::string_view module) {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::nullopt : log_scopes::of(*here).module_level(module);
}

void add_handler(std::string id, output to, handler_options how) {
    if (runtime_core* const here = process_layer::runtime_of_caller()) {
        observe::add_handler_in(*here, std::move(id), std::move(to), how);
    }
}

bool remove_handler(std::string_view id) {
    base::report_sink* const here = observe::reports_here();
    return here != nullptr && here->remove_handler(id);
}

bool set_handler_level(std::string_view id, report_level level) {
    base::report_sink* const here = observe::reports_here();
    return here != nullptr && here->set_handler_level(id, level);
}

std::vector<handler_info> handlers() {
    base::report_sink* const here = observe::reports_here();
    return here == nullptr ? std::vector<handler_info>{} : here->handlers();
}

}  // namespace logger
}  // namespace coppice
