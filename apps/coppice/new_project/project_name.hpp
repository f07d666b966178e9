// SPDX-License-Identifier: Apache-2.0
// What a project and its application may be called.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coppice::cli {

/// The application's name is a namespace, a target and a program at once. Says what is wrong with it and
/// what to write instead; nothing if it is good.
std::optional<std::string> wrong_with_app_name(std::string_view name);

/// The project's name is a folder in the current one.
std::optional<std::string> wrong_with_project_name(std::string_view name);

}  // namespace coppice::cli
