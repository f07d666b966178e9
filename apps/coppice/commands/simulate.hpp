// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace coppice::cli {

/// `coppice simulate [--format json|text|svg] [--tree] [--svg] [--schedule] FILE`. Returns the exit status: 0; 2 for bad
/// usage or a bad scenario; 1 if the output cannot be written or an invariant is broken.
int simulate(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace coppice::cli
