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

/// The kind of a word, which decides how the word is sent and completed.
enum class takes : std::uint8_t {
    nothing,
    process,  ///< A pid or a registered name.
    name,     ///< A registered name.
    message,  ///< A message of the process named before.
    child,    ///< An id or a pid below the supervisor named before.
    word,
    number,
    level,      ///< A report level.
    order,      ///< A sort order for a table of processes.
    on_or_off,  ///< Or a level.
    command,
    rest,  ///< All following words, as a list.
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
    /// The method of the endpoint and the printer for its answer, or else `own`, which replaces both.
    std::string_view method = {};
    std::array<parameter, 3> parameters = {};
    printer print = nullptr;
    session::outcome (*own)(session&, const words&) = nullptr;
    /// Further parameters as JSON, always sent.
    std::string_view always = "{}";
    /// The program may end before its answer arrives.
    bool ends_the_program = false;
};

[[nodiscard]] std::span<const console_command> console_commands();
[[nodiscard]] const console_command* find_command(std::string_view name);
[[nodiscard]] std::vector<std::string> command_names();

/// "exit WHO REASON".
[[nodiscard]] std::string usage_of(const console_command& command);
/// Converts the words, with the name of the command first, to parameters of the method; or the problem: a
/// missing or surplus word.
[[nodiscard]] std::expected<json, std::string> parameters_of(const console_command& command,
                                                             const words& given);

[[nodiscard]] std::span<const std::string> report_levels();
[[nodiscard]] std::span<const std::string> process_orders();

/// The help for all commands, or for one.
[[nodiscard]] std::string help_text(std::string_view command, bool colours);

}  // namespace coppice::cli
