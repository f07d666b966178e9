// SPDX-License-Identifier: Apache-2.0

#include "commands/simulate.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>

#include "coppice/version.hpp"
#include "simulate/reader.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

constexpr int bad_input = 2;
constexpr const char* usage =
    "usage: coppice simulate [--format json|text] [--tree] FILE\n"
    "       coppice --version\n"
    "\n"
    "Runs a scenario on a virtual clock and prints its trace, a JSON object a line. FILE may be - "
    "for\n"
    "standard input. --format text prints a timeline for people; --tree prints the tree as it "
    "ends.\n";

struct options {
    std::string file;
    bool text = false;
    bool tree = false;
};

int refuse(std::ostream& err, const std::string& problem) {
    err << "coppice: " << problem << "\n" << usage;
    return bad_input;
}

std::optional<std::string> parse(const std::vector<std::string>& arguments, options& into) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--tree") {
            into.tree = true;
        } else if (word == "--format") {
            if (++i == arguments.size() || (arguments[i] != "json" && arguments[i] != "text")) {
                return "--format wants json or text";
            }
            into.text = arguments[i] == "text";
        } else if (word.starts_with("-") && word != "-") {
            return "unknown option " + word;
        } else if (!into.file.empty()) {
            return "one FILE at a time";
        } else {
            into.file = word;
        }
    }
    return into.file.empty() ? std::optional<std::string>{"which FILE?"} : std::nullopt;
}

std::optional<std::string> contents_of(const std::string& file) {
    if (file == "-") {
        return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
    }
    std::ifstream in{file, std::ios::binary};
    std::ostringstream read;
    if (!in || !(read << in.rdbuf())) {
        return in && in.peek() == std::ifstream::traits_type::eof() ? std::optional<std::string>{""}
                                                                    : std::nullopt;
    }
    return read.str();
}

}  // namespace

int simulate(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    options chosen;
    if (const auto problem = parse(arguments, chosen)) {
        return refuse(err, *problem);
    }
    const std::optional<std::string> text = contents_of(chosen.file);
    if (!text) {
        err << "coppice: cannot read " << chosen.file << "; check the path and its permissions\n";
        return bad_input;
    }
    const auto given = read_scenario(*text);
    if (!given) {
        err << "coppice: " << chosen.file << ": " << to_string(given.error()) << "\n";
        return bad_input;
    }
    const run_result result = run_scenario(*given);
    if (chosen.text) {
        out << timeline(*given, result.lines);
    } else {
        for (const trace_line& line : result.lines) {
            out << line.dump() << "\n";
        }
    }
    if (chosen.tree) {
        out << result.tree;
    }
    return 0;
}

int run_command(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (arguments.empty()) {
        return refuse(err, "what is to be done?");
    }
    const std::vector<std::string> rest{arguments.begin() + 1, arguments.end()};
    if (arguments[0] == "simulate") {
        return simulate(rest, out, err);
    }
    if (arguments[0] == "--version") {
        out << "coppice " << version() << "\n";
        return 0;
    }
    if (arguments[0] == "--help") {
        out << usage;
        return 0;
    }
    return refuse(err, "unknown command " + arguments[0]);
}

}  // namespace coppice::cli
