// SPDX-License-Identifier: Apache-2.0

#include "commands/simulate.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

#include "commands/input.hpp"
#include "coppice/version.hpp"
#include "simulate/printable.hpp"
#include "simulate/reader.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int bad_input = 2;
constexpr const char* usage =
    "usage: coppice simulate [--format json|text] [--tree] FILE\n"
    "       coppice --help | --version\n";
constexpr const char* help =
    "\n"
    "Runs a scenario on a virtual clock and prints its trace, a JSON object a line. FILE may be\n"
    "- for standard input.\n"
    "\n"
    "  --format text   print a timeline for people instead\n"
    "  --tree          print the tree, too, as it is before it is shut down\n"
    "\n"
    "Exit status: 0, the scenario ran; 2, bad usage or a bad scenario, and nothing is printed but\n"
    "what is wrong with it; 1, the output could not be written,\n"
    "or coppice did what it never may and says so.\n";

struct options {
    std::string file;
    bool text = false;
    bool tree = false;
};

bool asks_for_help(const std::string& word) {
    return word == "--help" || word == "-h";
}

int refuse(std::ostream& err, const std::string& problem) {
    err << "coppice: " << printable(problem) << "\n" << usage;
    return bad_input;
}

int refuse_file(std::ostream& err, const std::string& file, const std::string& problem) {
    err << "coppice: " << printable(file == "-" ? "standard input" : file) << ": " << problem
        << "\n";
    return bad_input;
}

int finish(std::ostream& out, std::ostream& err) {
    if (!out.flush()) {
        err << "coppice: the output could not be written; is the disk full, or its reader gone?\n";
        return failed;
    }
    return done;
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
            return "unknown option " + word + " (for a file of that name write ./" + word + ")";
        } else if (word.empty()) {
            return "the FILE's name is empty";
        } else if (!into.file.empty()) {
            return "one FILE at a time; there are " + into.file + " and " + word;
        } else {
            into.file = word;
        }
    }
    return into.file.empty() ? std::optional<std::string>{"which FILE?"} : std::nullopt;
}

/// Runs it twice: whether it is refused is known only at its end, and then nothing may have been
/// printed; and a trace may be larger than memory. A run is the same each time.
std::expected<run_result, scenario_error> run(const options& chosen, const scenario& given,
                                              std::ostream& out) {
    auto rehearsed = run_scenario(given, [](const trace_line&) {});
    if (!rehearsed) {
        return rehearsed;
    }
    return run_scenario(given, [&](const trace_line& line) {
        out << (chosen.text ? timeline(given, line) : line.dump() + "\n");
    });
}

}  // namespace

int simulate(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::any_of(arguments.begin(), arguments.end(), asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    options chosen;
    if (const auto problem = parse(arguments, chosen)) {
        return refuse(err, *problem);
    }
    const auto text = read_input(chosen.file, scenario_bytes_max + 1);
    if (!text) {
        return refuse_file(err, chosen.file, text.error());
    }
    const auto given = read_scenario(*text);
    if (!given) {
        return refuse_file(err, chosen.file, to_string(given.error()));
    }
    const auto result = run(chosen, *given, out);
    if (!result) {
        return refuse_file(err, chosen.file, to_string(result.error()));
    }
    if (chosen.tree) {
        out << result->tree;
    }
    for (const std::string& broken : result->broken_invariants) {
        err << "coppice: a bug of coppice itself, please report it with the scenario: " << broken
            << "\n";
    }
    const int written = finish(out, err);
    return result->broken_invariants.empty() ? written : failed;
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
        return finish(out, err);
    }
    if (asks_for_help(arguments[0])) {
        out << usage << help;
        return finish(out, err);
    }
    return refuse(err, "unknown command " + arguments[0]);
}

}  // namespace coppice::cli
