// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coppice::behaviour {

/// The exit reason of `ignore()`. A separate type: a server may still exit with the symbol `ignore`.
struct start_ignored {
    friend bool operator==(const start_ignored&, const start_ignored&) = default;
    friend std::string to_string(const start_ignored& /*unused*/) { return "ignore"; }
};

}  // namespace coppice::behaviour
