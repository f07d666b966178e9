// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <iostream>

#include "commands/command.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "console/json_view.hpp"
#include "coppice/printable.hpp"
#include "top/screen.hpp"
#include "top/top_model.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage = "usage: coppice top [--once] [NAME|SOCKET]\n";
constexpr const char* help =
    "\n"
    "Shows the processes of a running program whose endpoint is on (--inspect), the busiest "
    "first.\n"
    "\n"
    "  --once   print one table and end, for scripts\n"
    "\n"
    "Keys: q r m a n sort by queue, reductions a second, memory, age or name; t shows the tree and "
    "e\n"
    "the reports; k kills the process under the bar, after a question; Esc leaves.\n"
    "\n"
    "Exit status: 0; 1, the program did not answer or the terminal cannot show it; 2, bad usage;\n"
    "3, the program cannot be reached.\n";

int print_once(inspect::client& connected, const std::string& program, std::ostream& out,
               std::ostream& err) {
    top_model model{connected, program};
    model.refresh(top_model::clock::now());
    for (const std::string& line : model.head()) {
        out << printable(line) << "\n";
    }
    for (const top_row& row : model.rows()) {
        out << row.text << "\n";
    }
    return finish(out, err);
}

int show(const options& given, std::ostream& out, std::ostream& err) {
    inspect::client connected = reach(given, "coppice top");
    const std::string program = text_at(parsed(connected.greeting()), "program");
    try {
        if (given.has("--once")) {
            return print_once(connected, program, out, err);
        }
        show_top(connected, program);
        return done;
    } catch (const inspect::error& why) {
        err << "coppice: " << printable(why.what()) << "\n";
        return connected.is_open() ? failed : unreachable;
    }
}

}  // namespace

int top(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    const auto given = read_options(arguments, {"--once"}, {}, 1);
    if (!given) {
        return refuse(err, given.error(), usage);
    }
    if (!given->has("--once") && (!is_terminal(out) || ::isatty(STDIN_FILENO) == 0)) {
        return refuse(err, "top needs a terminal; --once prints a table", usage);
    }
    try {
        return show(*given, out, err);
    } catch (const inspect::error& why) {
        err << "coppice: " << printable(why.what()) << "\n";
        return unreachable;
    }
}

}  // namespace coppice::cli
