// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coppice::detail {

/// What `ignore()` exits with: a value of its own, so that a server may exit with the symbol.
struct start_ignored {
    friend bool operator==(const start_ignored&, const start_ignored&) = default;
    friend std::string to_string(const start_ignored& /*unused*/) { return "ignore"; }
};

}  // namespace coppice::detail
