// SPDX-License-Identifier: Apache-2.0

#include <ostream>

#include "commands/command.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "console/json_view.hpp"
#include "console/layout.hpp"
#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage = "usage: coppice ps [--json]\n";
constexpr const char* help =
    "\n"
    "Lists the programs of this user whose endpoint is on (--inspect).\n"
    "\n"
    "  --json   a list of objects: name, socket, and the endpoint's answers to hello and "
    "statistics\n"
    "\n"
    "Exit status: 0, also without any program; 2, bad usage.\n";

/// A program that does not answer is listed with the error.
json look_at(const inspect::program& program) {
    constexpr std::chrono::seconds patience{2};
    json seen{{"name", program.name}, {"socket", program.socket}};
    try {
        auto connected = inspect::client::connect(program.socket, "coppice ps");
        seen["hello"] = parsed(connected.greeting());
        seen["statistics"] = parsed(connected.request("statistics", "{}", patience));
    } catch (const inspect::error& why) {
        seen["error"] = why.what();
    }
    return seen;
}

void print_table(const json& all, std::ostream& out) {
    table rows{"name", ">pid", "version", "applications", ">processes", ">uptime"};
    for (const json& each : all) {
        const json& hello = at(each, "hello");
        const json& statistics = at(each, "statistics");
        const bool told = statistics.is_object();
        rows.add({text_at(each, "name"), text_at(hello, "os_pid"), text_at(hello, "version"),
                  text_at(hello, "applications"), told ? text_at(statistics, "processes") : "?",
                  told ? duration_text(number_at(statistics, "uptime")) : "?"});
    }
    out << (rows.empty() ? "no program can be reached; start a program with --inspect\n"
                         : rows.text(wants_colours(out)));
}

}  // namespace

int list_programs(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    const auto given = read_options(arguments, {"--json"}, {}, 0);
    if (!given) {
        return refuse(err, given.error(), usage);
    }
    json all = json::array();
    for (const inspect::program& each : inspect::programs()) {
        all.push_back(look_at(each));
    }
    if (given->has("--json")) {
        out << dumped(all) << "\n";
    } else {
        print_table(all, out);
    }
    return finish(out, err);
}

}  // namespace coppice::cli
