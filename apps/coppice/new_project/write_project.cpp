// SPDX-License-Identifier: Apache-2.0

#include "new_project/write_project.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

#include "coppice/version.hpp"
#include "new_project/templates.hpp"

namespace coppice::cli {
namespace {

namespace fs = std::filesystem;

std::string filled_in(std::string_view text, const project_plan& plan) {
    const std::array<std::pair<std::string_view, std::string>, 3> values{
        {{"@app@", plan.app}, {"@project@", plan.project}, {"@version@", std::string{version()}}}};
    std::string out;
    while (!text.empty()) {
        const auto known = std::ranges::find_if(
            values, [&](const auto& each) { return text.starts_with(each.first); });
        if (known != values.end()) {
            out += known->second;
            text.remove_prefix(known->first.size());
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string problem_with(const fs::path& path, const std::error_code& error) {
    return path.string() + ": " + error.message();
}

/// The problem; empty on success.
std::string write_file(const fs::path& path, const std::string& text) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
        return problem_with(path.parent_path(), error);
    }
    errno = 0;
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    return file ? std::string{} : problem_with(path, {errno, std::generic_category()});
}

std::string make_executable(const fs::path& path) {
    std::error_code error;
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add, error);
    return error ? problem_with(path, error) : std::string{};
}

}  // namespace

std::string wrong_with_folder(const fs::path& folder) {
    std::error_code error;
    const fs::file_status there = fs::status(folder, error);
    if (there.type() == fs::file_type::not_found) {
        return {};
    }
    if (error) {
        return problem_with(folder, error);
    }
    if (there.type() != fs::file_type::directory) {
        return folder.string() + " exists and is no folder; choose another name";
    }
    const bool empty = fs::is_empty(folder, error);
    if (error) {
        return problem_with(folder, error);
    }
    return empty ? std::string{}
                 : "the folder " + folder.string() +
                       " is not empty; choose another name, or empty the folder";
}

std::expected<std::vector<std::string>, std::string> write_project(const project_plan& plan,
                                                                   const fs::path& folder) {
    std::vector<std::string> written;
    for (const auto& files :
         {common_templates(), plan.supervised ? supervised_templates() : plain_templates()}) {
        for (const file_template& each : files) {
            const std::string relative = filled_in(each.path, plan);
            const fs::path path = folder / relative;
            std::string problem = write_file(path, filled_in(each.text, plan));
            if (problem.empty() && relative.starts_with("script/")) {
                problem = make_executable(path);
            }
            if (!problem.empty()) {
                return std::unexpected(problem);
            }
            written.push_back(relative);
        }
    }
    std::ranges::sort(written);
    return written;
}

}  // namespace coppice::cli
