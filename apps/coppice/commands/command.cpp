// SPDX-License-Identifier: Apache-2.0

#include "commands/command.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>

#include "commands/dashboard.hpp"
#include "commands/live.hpp"
#include "commands/new.hpp"
#include "commands/simulate.hpp"
#include "coppice/version.hpp"
#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

struct command {
    std::string_view name;
    int (*run)(const std::vector<std::string>&, std::ostream&, std::ostream&);
};

constexpr std::array commands{command{"console", console},   command{"dashboard", dashboard},
                              command{"new", new_project},   command{"ps", list_programs},
                              command{"simulate", simulate}, command{"top", top},
                              command{"tree", tree}};

constexpr const char* usage =
    "usage: coppice new NAME [--sup] [--app APP]\n"
    "       coppice simulate [--format json|text] [--tree] [--svg] FILE\n"
    "       coppice ps [--json]\n"
    "       coppice console [NAME|SOCKET] [-c COMMAND]... [--json]\n"
    "       coppice dashboard [NAME|SOCKET] [--port N] [--address A] [--read-only]\n"
    "       coppice top [--once] [NAME|SOCKET]\n"
    "       coppice tree [--text|--svg|--mermaid|--dot|--json] [NAME|SOCKET]\n"
    "       coppice --help | --version\n";
constexpr const char* help =
    "\n"
    "  new        writes a project that builds and passes its own tests\n"
    "  simulate   runs a scenario on a virtual clock and prints its trace\n"
    "\n"
    "for running programs:\n"
    "\n"
    "  ps         lists the programs that can be reached\n"
    "  console    inspects a program, queries its processes and controls them\n"
    "  dashboard  shows a program in a browser, and controls it\n"
    "  top        shows the busiest processes of a program, live\n"
    "  tree       prints the supervision tree of a program, as text or as a picture\n"
    "\n"
    "coppice COMMAND --help describes one command.\n";

}  // namespace

bool asks_for_help(const std::string& word) {
    return word == "--help" || word == "-h";
}

int refuse(std::ostream& err, const std::string& problem, const char* usage_of_command) {
    err << "coppice: " << printable(problem) << "\n" << usage_of_command;
    return bad_input;
}

int finish(std::ostream& out, std::ostream& err) {
    if (!out.flush()) {
        err << "coppice: the output could not be written; is the disk full, or its reader gone?\n";
        return failed;
    }
    return done;
}

int run_command(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (arguments.empty()) {
        return refuse(err, "COMMAND is missing", usage);
    }
    const auto chosen = std::ranges::find(commands, arguments[0], &command::name);
    if (chosen != commands.end()) {
        return chosen->run({arguments.begin() + 1, arguments.end()}, out, err);
    }
    if (arguments[0] == "--version") {
        out << "coppice " << version() << "\n";
        return finish(out, err);
    }
    if (asks_for_help(arguments[0])) {
        out << usage << help;
        return finish(out, err);
    }
    return refuse(err, "unknown command " + arguments[0], usage);
}

}  // namespace coppice::cli
