// SPDX-License-Identifier: Apache-2.0
// The commands that look at a running program. Each returns its exit status: 0; 1 if the request failed; 2
// for bad usage; 3 if no program can be reached.

#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace coppice::cli {

int console(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);
int list_programs(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);
int top(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);
int tree(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
