// SPDX-License-Identifier: Apache-2.0
// A whole program out of an application. Library coppice::application, which uses toml++ and CLI11.
//
//     int main(int count, char** words) { return coppice::application::run<shop>(count, words); }
//
//     shop --config shop.toml --port 8080 --set inventory.shelves=12
//
// The application and all that it depends on are started, permanent; then the program runs until SIGINT,
// SIGTERM or `request_stop`, and stops them in order. Each application's environment is what counts last:
//
//     1  the defaults that it declares        application::setting
//     2  [shop] of the file of --config       TOML; [shop.db] host is the key db.host
//     3  the variable SHOP_PORT               of each declared key: APP_KEY in capitals, with _ for what
//                                             is neither a letter nor a digit
//     4  --set shop.port=8080, --port 8080    the second for what the program's own application declares,
//                                             with - for _
//
// What does not fit is told on stderr, a line each with its file, line and column and the remedy, and the
// status is 2: a syntax error, a file that cannot be read, an application that the program does not have,
// a key that is not declared by one that declares its environment, a value of another type or out of its
// range, and one that is missing. --help lists what is declared, --version tells the version.
//
// SIGHUP reads the file again: what differs is told to `config_change`. A file that does not fit is
// reported, and changes nothing.
//
//     status     the program                                    (see coppice::run)
//     0          was stopped as asked, or its application ended with `normal`
//     1          its application did not start, ended otherwise, or did not stop in time
//     2          got words or a configuration that do not fit
//     130, 143   was hurried by a second SIGINT or SIGTERM
//
// SIGPIPE is ignored from then on, unless the program has a handler for it: a service does not end because
// the reader of its output has, and what is written to it fails instead.
//
// While it runs, `coppice console NAME` and the dashboard can look at it and steer it, through the socket of
// inspect.hpp: unless NDEBUG is defined where `run` is called, or as `program_options::inspect` says, or
// --inspect, --inspect=read-only or --no-inspect, which counts last. NAME is the application's.
//
// A line on stderr says how it ended. Under systemd (NOTIFY_SOCKET) it tells READY=1 when all are
// started, RELOADING=1, STOPPING=1, and WATCHDOG=1 twice in each WATCHDOG_USEC, from a process.

#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "coppice/application.hpp"
#include "coppice/callback.hpp"
#include "coppice/runtime.hpp"

#pragma GCC visibility push(default)

namespace coppice::application {

enum class inspect_mode : std::uint8_t {
    as_built,  ///< Off if NDEBUG is defined where `run` is called, else on.
    off,
    on,
    read_only  ///< It answers, and steers nothing.
};

struct program_options {
    runtime_options runtime = {};
    /// How long the applications have to stop.
    time_span stop_deadline = default_stop_deadline;
    /// Started before the applications, under a supervisor of their own, and stopped after them.
    child_list beside = {};
    /// Called before the runtime starts; what it gives is let go after the runtime has stopped: for
    /// what lives outside of processes, such as a net::service.
    callback<std::shared_ptr<void>(coppice::runtime&)> outside = {};
    /// Whether the program has an inspect endpoint. One that cannot start is reported, and left out.
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

/// The status for `main`. Blocks until the program has ended.
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
