// SPDX-License-Identifier: Apache-2.0
// Shared by the commands: exit statuses and error output.

#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace coppice::cli {

// Exit statuses.
inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int bad_input = 2;

bool asks_for_help(const std::string& word);

/// Prints the problem and the usage of the command. Returns `bad_input`.
int refuse(std::ostream& err, const std::string& problem, const char* usage);
/// Flushes the output. Returns `done`, or `failed` if output was lost.
int finish(std::ostream& out, std::ostream& err);

/// Runs `coppice` with its arguments, without the name of the program.
int run_command(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
