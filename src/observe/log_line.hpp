// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coppice/logger.hpp"
#include "process/runtime_core.hpp"

namespace coppice::observe {

/// A log line as the program gives it.
struct given_line {
    report_level level;
    std::string_view module;  ///< Empty without a module.
    std::string text;
    std::vector<log_field> fields;
};

/// Whether a line is wanted: by a level of its process or module, or by the levels of the handlers.
enum class line_wish : std::uint8_t { none, at_its_level, at_any_level };
line_wish wish_for(detail::runtime_core& world, const pid& from, std::string_view module,
                   report_level level);
/// Publishes the line if it is wanted. `from` is empty for a line of no process.
void write_line(detail::runtime_core& world, const pid& from, given_line line);
/// The line of the calling process or thread.
void write_line_here(given_line line);

/// Add a handler, or throw `badarg_error`.
void add_handler_in(detail::runtime_core& world, std::string id, logger::output to,
                    const logger::handler_options& how);
void set_process_level_in(detail::runtime_core& world, const pid& who,
                          std::optional<report_level> level);

}  // namespace coppice::observe
