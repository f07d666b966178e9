// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "program/configuration.hpp"

namespace coppice::application::program {

/// The result of parsing. If `wanted` is empty, the program is over and exits with `status`: after --help,
/// after --version, or after a wrong option.
struct understood_words {
    std::optional<wishes> wanted;
    int status = 0;
};
[[nodiscard]] understood_words understand(const applications& all, int count, char** words);

}  // namespace coppice::application::program
