// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/configuration.hpp"

namespace coppice::application::program {

/// The values in the sections of a file. Errors are reported with line and column, in the order of the file.
[[nodiscard]] std::vector<given> read_toml(const std::string& file, const applications& all,
                                           problems& wrong);

/// The value of a text such as 8080, true or [1, 2]. Empty if the text is not a value.
[[nodiscard]] std::optional<value> value_of_toml(const std::string& text);

}  // namespace coppice::application::program
