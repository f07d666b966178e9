// SPDX-License-Identifier: Apache-2.0

#include "commands/new.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <ostream>

#include "commands/command.hpp"
#include "new_project/project_name.hpp"
#include "new_project/write_project.hpp"
#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage = "usage: coppice new NAME [--sup] [--app APP]\n";
constexpr const char* help =
    "\n"
    "Writes a project into the new folder NAME that builds and passes its own tests: a "
    "gen_server,\n"
    "a program and a test on a virtual clock.\n"
    "\n"
    "  --sup      an application, too: a supervisor that restarts the server after a crash\n"
    "  --app APP  the name of the application, its namespace and its program; by default NAME\n"
    "\n"
    "Exit status: 0, the project is written; 2, bad usage, a bad name or a folder that is not "
    "empty:\n"
    "nothing is written; 1, a file could not be written.\n";

struct words {
    std::optional<std::string> project;
    std::optional<std::string> app;
    bool supervised = false;
};

std::expected<words, std::string> parse(const std::vector<std::string>& arguments) {
    words read;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--sup") {
            read.supervised = true;
        } else if (word == "--app") {
            if (++i == arguments.size()) {
                return std::unexpected("--app needs a name");
            }
            read.app = arguments[i];
        } else if (word.starts_with("-")) {
            return std::unexpected("unknown option " + word);
        } else if (read.project) {
            return std::unexpected("one NAME at a time; there are " + *read.project + " and " +
                                   word);
        } else {
            read.project = word;
        }
    }
    if (!read.project) {
        return std::unexpected("NAME is missing");
    }
    return read;
}

/// The plan, or the problem with the names.
std::expected<project_plan, std::string> plan_of(const words& given) {
    const std::string& project = *given.project;
    if (const auto wrong = wrong_with_project_name(project)) {
        return std::unexpected(*wrong);
    }
    const std::string app = given.app.value_or(project);
    if (const auto wrong = wrong_with_app_name(app)) {
        const char* remedy = given.app ? "" : ", or keep NAME and add --app";
        return std::unexpected(*wrong + remedy);
    }
    return project_plan{project, app, given.supervised};
}

void tell(std::ostream& out, const project_plan& plan, const std::vector<std::string>& written) {
    for (const std::string& path : written) {
        out << "creating " << plan.project << "/" << path << "\n";
    }
    out << "\nBuild it and pass its tests, then run it:\n\n    cd " << plan.project
        << "\n    script/test\n    build/dev/bin/" << plan.app << "\n";
}

}  // namespace

int new_project(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    const auto given = parse(arguments);
    const auto plan = given ? plan_of(*given) : std::unexpected(given.error());
    if (!plan) {
        return refuse(err, plan.error(), usage);
    }
    if (const std::string wrong = wrong_with_folder(plan->project); !wrong.empty()) {
        return refuse(err, wrong, usage);
    }
    const auto written = write_project(*plan, plan->project);
    if (!written) {
        err << "coppice: " << printable(written.error()) << "\n";
        return failed;
    }
    tell(out, *plan, *written);
    return finish(out, err);
}

}  // namespace coppice::cli
