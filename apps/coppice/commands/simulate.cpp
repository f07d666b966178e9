// SPDX-License-Identifier: Apache-2.0

#include "commands/simulate.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

#include "commands/command.hpp"
#include "commands/input.hpp"
#include "simulate/drawing.hpp"
#include "simulate/printable.hpp"
#include "simulate/scenario_reader.hpp"
#include "simulate/schedule.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage =
    "usage: coppice simulate [--format json|text] [--tree] [--svg] [--schedule] FILE\n";
constexpr const char* help =
    "\n"
    "Runs a scenario on a virtual clock and prints its trace, one JSON object a line. FILE may be\n"
    "- for standard input.\n"
    "\n"
    "  --format text   print a timeline for people instead\n"
    "  --svg           print the timeline of a tree as a picture; also --format svg\n"
    "  --tree          print also the tree, in its state before the shutdown\n"
    "  --schedule      print only when each child would be restarted if it crashed again and "
    "again,\n"
    "                  and when its supervisor would give up\n"
    "\n"
    "Exit status: 0, the scenario ran; 2, bad usage or a bad scenario, and only the error is "
    "printed;\n"
    "1, the output could not be written,\n"
    "or a bug of coppice was found, which is printed.\n";

enum class output_format : std::uint8_t { json, text, svg };

std::optional<output_format> format_named(const std::string& name) {
    if (name == "json") {
        return output_format::json;
    }
    if (name == "text") {
        return output_format::text;
    }
    return name == "svg" ? std::optional{output_format::svg} : std::nullopt;
}

struct options {
    std::string file;
    output_format format = output_format::json;
    bool tree = false;
    bool schedule = false;
};

int refuse_file(std::ostream& err, const std::string& file, const std::string& problem) {
    err << "coppice: " << printable(file == "-" ? "standard input" : file) << ": " << problem
        << "\n";
    return bad_input;
}

std::optional<std::string> parse(const std::vector<std::string>& arguments, options& into) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--tree") {
            into.tree = true;
        } else if (word == "--schedule") {
            into.schedule = true;
        } else if (word == "--svg") {
            into.format = output_format::svg;
        } else if (word == "--format") {
            const auto chosen = ++i < arguments.size() ? format_named(arguments[i]) : std::nullopt;
            if (!chosen) {
                return "--format needs json, text or svg";
            }
            into.format = *chosen;
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
    if (into.tree && into.format == output_format::svg) {
        return "--tree is text and --svg a picture; run it twice";
    }
    if (into.schedule && (into.tree || into.format != output_format::json)) {
        return "--schedule runs nothing: leave out --tree, --svg and --format";
    }
    return into.file.empty() ? std::optional<std::string>{"FILE is missing"} : std::nullopt;
}

/// Prints a picture at the end of the run. Keeps lives and moments instead of the trace.
std::expected<run_result, scenario_error> draw(const scenario& given, std::ostream& out) {
    if (!std::holds_alternative<tree_scenario>(given)) {
        return std::unexpected(
            scenario_error{"processes", "there is no tree to draw; use --format text"});
    }
    drawing picture{given};
    auto result = run_scenario(given, [&](const trace_line& line) { picture.add(line); });
    if (result && picture.problem()) {
        return std::unexpected(scenario_error{"steps", *picture.problem()});
    }
    if (result) {
        out << picture.svg();
    }
    return result;
}

/// Runs the scenario twice. Only the end of a run shows whether the scenario is refused, and a
/// refused scenario must print nothing. A trace may be larger than memory, so buffering is no
/// option. Both runs are identical.
std::expected<run_result, scenario_error> run(const options& chosen, const scenario& given,
                                              std::ostream& out) {
    if (chosen.format == output_format::svg) {
        return draw(given, out);
    }
    auto rehearsed = run_scenario(given, [](const trace_line&) {});
    if (!rehearsed) {
        return rehearsed;
    }
    return run_scenario(given, [&](const trace_line& line) {
        out << (chosen.format == output_format::text ? timeline(given, line) : line.dump() + "\n");
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
        return refuse(err, *problem, usage);
    }
    const auto text = read_input(chosen.file, scenario_bytes_max + 1);
    if (!text) {
        return refuse_file(err, chosen.file, text.error());
    }
    const auto given = read_scenario(*text);
    if (!given) {
        return refuse_file(err, chosen.file, to_string(given.error()));
    }
    if (chosen.schedule) {
        const auto* tree = std::get_if<tree_scenario>(&*given);
        if (tree == nullptr) {
            return refuse_file(err, chosen.file,
                               "has processes, and no tree whose children restart");
        }
        out << schedule(*tree);
        return finish(out, err);
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

}  // namespace coppice::cli
