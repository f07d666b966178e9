// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace coppice::cli {

/// `coppice new NAME [--sup] [--app APP]`. Returns the exit status: 0; 2 for bad usage, a bad name or a
/// folder that is not empty; 1 if a file could not be written.
int new_project(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
