// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <iostream>

#include "commands/command.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "console/console_commands.hpp"
#include "console/editor.hpp"
#include "console/layout.hpp"
#include "console/session.hpp"
#include "coppice/printable.hpp"
#include "top/screen.hpp"

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* usage = "usage: coppice console [NAME|SOCKET] [-c COMMAND]... [--json]\n";
constexpr const char* help =
    "\n"
    "Connects to a running program whose endpoint is on (--inspect): shows its tree, queries its\n"
    "processes and controls them. NAME may be left out if only one such program runs; `coppice "
    "ps`\n"
    "lists the programs. Without -c, commands come from the terminal or from standard input, one a "
    "line.\n"
    "\n"
    "  -c COMMAND   run COMMAND; may be given several times. The first failure ends the run\n"
    "  --json       print the answers of the endpoint, one a line\n"
    "\n"
    "Commands:\n"
    "\n";
constexpr const char* statuses =
    "\n"
    "Exit status: 0, all commands succeeded; 1, a command failed; 2, bad usage; 3, the program "
    "cannot be "
    "reached.\n";

/// For scripts: the effects of a command take a moment, and no user waits for the output.
constexpr auto settling = 200ms;
constexpr auto settling_max = 2s;

int status_of(session::outcome how) {
    switch (how) {
        case session::outcome::failed:
            return failed;
        case session::outcome::misused:
            return bad_input;
        case session::outcome::lost:
            return unreachable;
        default:
            return done;
    }
}

/// Runs a command and prints its notifications behind the result. Waits a moment for notifications, then asks
/// the endpoint to flush the rest.
session::outcome run_one(session& with, const std::string& command) {
    const session::outcome how = with.run(command);
    const auto end = std::chrono::steady_clock::now() + settling_max;
    while (with.has_subscriptions() && with.print_notifications(settling) &&
           std::chrono::steady_clock::now() < end) {
    }
    if (with.has_subscriptions()) {
        with.flush();
        with.print_notifications(0ms);
    }
    return how;
}

int run_all(session& with, const options& given) {
    for (const auto& [option, command] : given.values) {
        const session::outcome how = run_one(with, command);
        if (how != session::outcome::done) {
            return status_of(how);
        }
    }
    return done;
}

int run_input(session& with) {
    std::string line;
    while (std::getline(std::cin, line)) {
        const session::outcome how = run_one(with, line);
        if (how != session::outcome::done) {
            return status_of(how);
        }
    }
    return done;
}

line_editor::callbacks callbacks_of(session& with) {
    return {.complete = [&with](std::string_view before) { return with.complete(before); },
            .rest =
                [&with](const std::function<void()>& clear) {
                    return with.print_notifications(0ms, clear);
                },
            .is_over = [&with] { return !with.is_open(); }};
}

int talk(session& with, std::ostream& out, std::ostream& err) {
    out << "Connected to " << printable(with.program())
        << ". help lists the commands, Ctrl-D leaves.\n"
        << std::flush;
    line_editor editor{printable(with.program()) + "> ", history_path(), callbacks_of(with)};
    with.interrupted = &line_editor::was_interrupted;
    with.full_screen = [&with] { show_top(with.connection(), with.program()); };
    std::string line;
    while (true) {
        const line_editor::end how = editor.read(line);
        const bool leaves =
            how == line_editor::end::input ||
            (how == line_editor::end::line && with.run(line) == session::outcome::quit);
        if (!with.is_open()) {
            err << "coppice: " << printable(with.program()) << " has ended\n";
            return unreachable;
        }
        if (leaves) {
            return done;
        }
    }
}

}  // namespace

int console(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help << help_text("", false) << statuses;
        return finish(out, err);
    }
    const auto given = read_options(arguments, {"--json"}, {"-c"}, 1);
    if (!given) {
        return refuse(err, given.error(), usage);
    }
    try {
        const bool json = given->has("--json");
        session with{
            reach(*given, "coppice console"), {wants_colours(out) && !json, json}, out, err};
        if (!given->values.empty()) {
            const int status = run_all(with, *given);
            return status == done ? finish(out, err) : status;
        }
        if (is_terminal(out) && ::isatty(STDIN_FILENO) != 0 && !json) {
            return talk(with, out, err);
        }
        const int status = run_input(with);
        return status == done ? finish(out, err) : status;
    } catch (const inspect::error& why) {
        err << "coppice: " << printable(why.what()) << "\n";
        return unreachable;
    }
}

}  // namespace coppice::cli
