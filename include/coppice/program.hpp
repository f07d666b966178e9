// SPDX-License-Identifier: Apache-2.0
// Makes an application into a whole program. Library coppice::application, which uses toml++ and CLI11.
//
//     int main(int count, char** words) { return coppice::application::run<shop>(count, words); }
//
//     shop --config shop.toml --port 8080 --set inventory.shelves=12
//
// The program starts the application and all its dependencies, each as permanent. The program then runs
// until SIGINT, SIGTERM or `request_stop`, and stops the applications in order. The environment of each
// application has four layers; a later layer overrides an earlier one:
//
//     1  declared defaults                    application::setting
//     2  section [shop] of the --config file  TOML; [shop.db] host is the key db.host
//     3  the variable SHOP_PORT               for each declared key: APP_KEY in capitals, with _ for any
//                                             character that is neither a letter nor a digit
//     4  --set shop.port=8080, --port 8080    the second form for keys that the program's own application
//                                             declares, with - for _
//
// Each error in the configuration prints one line on stderr, with file, line, column and the remedy, and the
// status is 2. Errors are: a syntax error, an unreadable file, an application that is not part of the
// program, an undeclared key of an application that declares its environment, a value of the wrong type or
// out of range, and a missing required key. --help lists the declared keys, --version prints the version.
//
// SIGHUP reads the configuration again, and `config_change` gets the differences. A configuration with errors
// is reported and changes nothing.
//
//     status     the program                                    (see coppice::run)
//     0          was stopped as requested, or the application ended with `normal`
//     1          the application did not start, ended otherwise, or did not stop in time
//     2          got an invalid command line or configuration
//     130, 143   was forced by a second SIGINT or SIGTERM
//
// `run` ignores SIGPIPE for the rest of the program, unless the program has a handler for SIGPIPE. So a
// service does not end when the reader of the output ends; the write fails instead.
//
// While the program runs, `coppice console NAME` and the dashboard can inspect and control the program
// through the socket of inspect.hpp. NAME is the name of the application. The endpoint is off if NDEBUG is
// defined where `run` is called. `program_options::inspect` overrides NDEBUG, and the command line
// (--inspect, --inspect=read-only or --no-inspect) overrides both.
//
// A line on stderr says how the program ended. Under systemd (NOTIFY_SOCKET) the program sends READY=1 when
// all applications are started, RELOADING=1, STOPPING=1, and WATCHDOG=1 twice in each WATCHDOG_USEC. A
// process sends WATCHDOG=1.
//
// Threads    Call `run` once, on the thread of `main`. SIGHUP is handled on a thread of the library.
// Blocking   `run` blocks until the program has ended.
// Ownership  `run` owns the runtime, which ends before `run` returns.
// Errors     The status, and lines on stderr.
// Cost       A process that starts the applications and then waits. One more process if systemd has a
//            watchdog for the program. The configuration is read once, and again at each SIGHUP.
// Today      The wording of the lines on stderr may change.

#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "coppice/application.hpp"
#include "coppice/callback.hpp"
#include "coppice/runtime.hpp"

#pragma GCC visibility push(default)

namespace coppice::application {

/// Whether a program has an inspect endpoint, and how much the endpoint permits.
enum class inspect_mode : std::uint8_t {
    as_built,  ///< `off` if NDEBUG is defined where `run` is called, else `on`.
    off,       ///< No endpoint.
    on,        ///< Answers queries and takes control commands.
    read_only  ///< Answers queries, refuses control commands.
};

/// Options of `run`.
struct program_options {
    /// COPPICE_CLOCK and COPPICE_SEED in the environment override clock and seed.
    runtime_options runtime = {};
    /// The deadline of the stop, for all applications together.
    time_span stop_deadline = default_stop_deadline;
    /// Children under a separate supervisor, started before the applications and stopped after them.
    child_list beside = {};
    /// Called before the runtime starts. The result is released after the runtime has stopped. For objects
    /// that live outside of processes, such as a net::service.
    callback<std::shared_ptr<void>(coppice::runtime&)> outside = {};
    /// Whether the program has an inspect endpoint. If the endpoint cannot start, a report says so and the
    /// program runs without an endpoint.
    inspect_mode inspect = inspect_mode::as_built;
};

namespace detail {
int run_program(const description& what, int count, char** words, program_options options);

inline void choose_by_build(program_options& options, bool is_release) {
    if (options.inspect == inspect_mode::as_built) {
        options.inspect = is_release ? inspect_mode::off : inspect_mode::on;
    }
}
}  // namespace detail

/// Runs the program and returns the exit status for `main`. Blocks until the program has ended.
template <class App>
int run(int count, char** words, program_options options = {}) {
#ifdef NDEBUG
    detail::choose_by_build(options, true);
#else
    detail::choose_by_build(options, false);
#endif
    return detail::run_program(detail::describe<App>(), count, words, std::move(options));
}

}  // namespace coppice::application

#pragma GCC visibility pop
