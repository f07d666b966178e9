// SPDX-License-Identifier: Apache-2.0
// The commands of the console, as a table.

#pragma once

#include <array>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "console/printers.hpp"
#include "console/session.hpp"
#include "console/words.hpp"

namespace coppice::cli {

/// What a word of a command is, which says how it is sent and how it is completed.
enum class takes : std::uint8_t {
    nothing,
    process,  ///< A pid or a registered name.
    name,     ///< A registered name.
    message,  ///< One that the process before it lists.
    child,    ///< An id, or a pid, below the supervisor before it.
    word,
    number,
    level,      ///< Of reports.
    order,      ///< Of a table of processes.
    on_or_off,  ///< Or a level.
    command,
    rest,  ///< All words that follow, as a list.
};

struct parameter {
    takes what = takes::nothing;
    std::string_view label = {};
    const char* key = "";
    bool optional = false;
};

struct console_command {
    std::string_view name;
    std::string_view help;
    /// Asked of the endpoint, and how its answer is printed; or what is done instead.
    std::string_view method = {};
    std::array<parameter, 3> parameters = {};
    printer print = nullptr;
    session::outcome (*own)(session&, const words&) = nullptr;
    /// Are sent along, JSON.
    std::string_view always = "{}";
    /// The program may be gone before its answer is here.
    bool ends_the_program = false;
};

[[nodiscard]] std::span<const console_command> console_commands();
[[nodiscard]] const console_command* find_command(std::string_view name);
[[nodiscard]] std::vector<std::string> command_names();

/// "exit WHO REASON".
[[nodiscard]] std::string usage_of(const console_command& command);
/// The words, its name in front, as the method's parameters; or what is missing, or too much.
[[nodiscard]] std::expected<json, std::string> parameters_of(const console_command& command,
                                                             const words& given);

[[nodiscard]] std::span<const std::string> report_levels();
[[nodiscard]] std::span<const std::string> process_orders();

/// All commands, or one.
[[nodiscard]] std::string help_text(std::string_view command, bool colours);

}  // namespace coppice::cli
