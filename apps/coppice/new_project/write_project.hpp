// SPDX-License-Identifier: Apache-2.0
// Writes the files of a new project.

#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace coppice::cli {

struct project_plan {
    std::string project;
    std::string app;
    bool supervised = false;
};

/// Why the folder cannot take a project, with the remedy. Empty for a path without
/// a file and for an empty folder.
std::string wrong_with_folder(const std::filesystem::path& folder);

/// Writes all files and returns their paths. After an error, the files written so far stay.
std::expected<std::vector<std::string>, std::string> write_project(
    const project_plan& plan, const std::filesystem::path& folder);

}  // namespace coppice::cli
