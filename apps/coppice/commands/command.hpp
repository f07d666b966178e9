// SPDX-License-Identifier: Apache-2.0
// What the commands share: how they end and how they refuse.

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

/// Says what is wrong, and how the command is used.
int refuse(std::ostream& err, const std::string& problem, const char* usage);
/// `done`, unless the output was lost on its way.
int finish(std::ostream& out, std::ostream& err);

/// `coppice` with its arguments, without the program's name.
int run_command(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
