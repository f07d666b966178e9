// SPDX-License-Identifier: Apache-2.0

#include "commands/dashboard.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <exception>
#include <expected>
#include <ostream>

#include "commands/command.hpp"
#ifdef COPPICE_HAS_DASHBOARD
#include "coppice/dashboard.hpp"
#endif
#include "coppice/inspect_client.hpp"
#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

constexpr const char* usage =
    "usage: coppice dashboard [NAME|SOCKET] [--port N] [--address A] [--host NAME]...\n"
    "                         [--read-only] [--open-metrics]\n";
constexpr const char* help =
    "\n"
    "Serves a page that shows and controls a running program, and prints the link to the page.\n"
    "NAME is as in `coppice ps`, and optional if only one program runs. Ctrl-C ends the "
    "dashboard.\n"
    "\n"
    "  --port N        listens on port N; by default on a free port\n"
    "  --address A     listens on address A; by default on 127.0.0.1, which only this machine "
    "reaches\n"
    "  --host NAME     a host name of the dashboard, such as a proxy's, besides addresses and "
    "localhost\n"
    "  --read-only     shows the program, and refuses requests that control it\n"
    "  --open-metrics  /metrics, /healthz and /readyz need no token\n"
    "\n"
    "Exit status: 0, ended by Ctrl-C; 2, bad usage; 1, no program runs, or the address is in "
    "use.\n";

struct words {
    std::string program;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::vector<std::string> hosts;
    bool read_only = false;
    bool open_metrics = false;
};

using parsed = std::expected<void, std::string>;

parsed read_port(const std::string& text, std::uint16_t& port) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::unexpected("--port needs a number from 0 to 65535, not " + text);
    }
    return {};
}

parsed read_valued(const std::string& option, const std::string& value, words& read) {
    if (option == "--port") {
        return read_port(value, read.port);
    }
    if (value.empty()) {
        return std::unexpected(option + " needs a value");
    }
    if (option == "--address") {
        read.address = value;
    } else {
        read.hosts.push_back(value);
    }
    return {};
}

parsed read_plain(const std::string& word, words& read) {
    if (word == "--read-only") {
        read.read_only = true;
    } else if (word == "--open-metrics") {
        read.open_metrics = true;
    } else if (word.starts_with("-")) {
        return std::unexpected("unknown option " + word);
    } else if (!read.program.empty()) {
        return std::unexpected("one program at a time; there are " + read.program + " and " + word);
    } else {
        read.program = word;
    }
    return {};
}

std::expected<words, std::string> parse(const std::vector<std::string>& arguments) {
    words read;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        parsed well;
        if (word == "--port" || word == "--address" || word == "--host") {
            if (++i == arguments.size()) {
                return std::unexpected(word + " needs a value");
            }
            well = read_valued(word, arguments[i], read);
        } else {
            well = read_plain(word, read);
        }
        if (!well) {
            return std::unexpected(well.error());
        }
    }
    return read;
}

/// The default program if the command line names none.
std::expected<std::string, std::string> only_program() {
    const auto running = inspect::programs();
    if (running.size() == 1) {
        return running.front().name;
    }
    if (running.empty()) {
        return std::unexpected(
            "no program with an inspect endpoint runs; start a program, or give the NAME to wait "
            "for");
    }
    std::string names;
    for (const auto& each : running) {
        names += (names.empty() ? "" : ", ") + each.name;
    }
    return std::unexpected("NAME is missing; the running programs are " + names);
}

#ifdef COPPICE_HAS_DASHBOARD

bool is_reachable(const std::string& program) {
    try {
        (void)inspect::client::connect(program, "coppice dashboard");
        return true;
    } catch (const inspect::error&) {
        return false;
    }
}

void wait_for_end(const sigset_t& ends) {
    int which = 0;
    sigwait(&ends, &which);
}

int serve(const words& given, std::ostream& out, std::ostream& err) {
    // Before any thread starts, since threads inherit the signal mask.
    sigset_t ends;
    sigset_t before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, &before);
    int status = done;
    try {
        coppice::dashboard::server running{{.program = given.program,
                                            .address = given.address,
                                            .port = given.port,
                                            .read_only = given.read_only,
                                            .open_metrics = given.open_metrics,
                                            .hosts = given.hosts}};
        if (!is_reachable(given.program)) {
            err << "coppice: " << printable(given.program)
                << " cannot be reached yet; the page waits for the program\n";
        }
        out << "the dashboard of " << printable(given.program) << " is at " << running.link()
            << "\n"
            << std::flush;
        wait_for_end(ends);
    } catch (const std::exception& error) {
        err << "coppice: " << printable(error.what()) << "\n";
        status = failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return status == done ? finish(out, err) : status;
}

#else

int serve(const words&, std::ostream&, std::ostream& err) {
    err << "coppice: this build has no dashboard, because httplib.h was not found "
           "(Debian: libcpp-httplib-dev)\n";
    return failed;
}

#endif

}  // namespace

int dashboard(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    if (std::ranges::any_of(arguments, asks_for_help)) {
        out << usage << help;
        return finish(out, err);
    }
    auto given = parse(arguments);
    if (!given) {
        return refuse(err, given.error(), usage);
    }
    if (given->program.empty()) {
        const auto only = only_program();
        if (!only) {
            err << "coppice: " << printable(only.error()) << "\n";
            return failed;
        }
        given->program = *only;
    }
    return serve(*given, out, err);
}

}  // namespace coppice::cli
