// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <ostream>

#include "commands/command.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "console/json_view.hpp"
#include "console/printers.hpp"
#include "coppice/printable.hpp"
#include "coppice/tree.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage =
    "usage: coppice tree [--text|--svg|--mermaid|--dot|--json] [NAME|SOCKET]\n";
constexpr const char* help =
    "\n"
    "Prints the supervision tree of a running program whose endpoint is on (--inspect).\n"
    "\n"
    "  --text      lines with branches, the default\n"
    "  --svg       a picture, dark or light as the display of the reader\n"
    "  --mermaid   a Mermaid flowchart\n"
    "  --dot       a Graphviz digraph\n"
    "  --json      the answer of the endpoint\n"
    "\n"
    "Exit status: 0; 1, the program did not answer; 2, bad usage; 3, the program cannot be "
    "reached.\n";

struct format {
    std::string_view option;
    std::string (*draw)(const json& answer, const std::string& program, bool colours);
};

template <std::string (*Draw)(const tree_node&)>
std::string drawn(const json& answer, const std::string& program, bool /*colours*/) {
    return Draw(whole_tree(list_at(answer, "roots"), program));
}

constexpr std::array formats{
    format{"--text", [](const json& answer, const std::string&,
                        bool colours) { return print_tree(answer, colours); }},
    format{"--svg", &drawn<&to_svg>}, format{"--mermaid", &drawn<&to_mermaid>},
    format{"--dot", &drawn<&to_dot>},
    format{"--json",
           [](const json& answer, const std::string&, bool) { return dumped(answer) + "\n"; }}};

int draw(const options& given, const format& chosen, std::ostream& out, std::ostream& err) {
    constexpr std::chrono::seconds patience{10};
    inspect::client connected = reach(given, "coppice tree");
    const std::string program = text_at(parsed(connected.greeting()), "program");
    try {
        const json answer = parsed(connected.request("tree", "{}", patience));
        out << chosen.draw(answer, program, wants_colours(out));
        return finish(out, err);
    } catch (const inspect::error& why) {
        err << "coppice: " << printable(why.what()) << "\n";
        return failed;
    }
}

}  // namespace

int tree(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    const auto given =
        read_options(arguments, {"--text", "--svg", "--mermaid", "--dot", "--json"}, {}, 1);
    if (!given) {
        return refuse(err, given.error(), usage);
    }
    if (given->flags.size() > 1) {
        return refuse(err, "one format at a time; run it twice", usage);
    }
    const auto chosen = std::ranges::find(
        formats, given->flags.empty() ? std::string_view{"--text"} : given->flags.front(),
        &format::option);
    try {
        return draw(*given, *chosen, out, err);
    } catch (const inspect::error& why) {
        err << "coppice: " << printable(why.what()) << "\n";
        return unreachable;
    }
}

}  // namespace coppice::cli
