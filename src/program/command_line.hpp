// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "program/configuration.hpp"

namespace coppice::application::program {

/// What is wished for; nothing if the program is over with this status: after --help, --version, or what
/// does not fit.
struct understood_words {
    std::optional<wishes> wanted;
    int status = 0;
};
[[nodiscard]] understood_words understand(const applications& all, int count, char** words);

}  // namespace coppice::application::program
