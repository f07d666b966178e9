// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/configuration.hpp"

namespace coppice::application::program {

/// What the sections of a file say, in its order. What is wrong with it is told with line and column.
[[nodiscard]] std::vector<given> read_toml(const std::string& file, const applications& all,
                                           problems& wrong);

/// A text such as 8080, true or [1, 2]; nothing if it is no value.
[[nodiscard]] std::optional<value> value_of_toml(const std::string& text);

}  // namespace coppice::application::program
