// SPDX-License-Identifier: Apache-2.0
// Valid names for a project and its application.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coppice::cli {

/// The name of the application is a namespace, a target and a program at once. Returns the problem and a
/// remedy; empty for a valid name.
std::optional<std::string> wrong_with_app_name(std::string_view name);

/// The name of the project is a folder in the current folder.
std::optional<std::string> wrong_with_project_name(std::string_view name);

}  // namespace coppice::cli
