// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace coppice::cli {

/// `coppice dashboard [NAME|SOCKET] …`: serves until SIGINT or SIGTERM. Returns the exit status: 0; 2 for bad
/// usage; 1 if there is no program to choose, or the address is not available.
int dashboard(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
