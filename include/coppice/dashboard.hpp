// SPDX-License-Identifier: Apache-2.0
// The dashboard: a web page that shows and steers a running program, metrics for Prometheus, and health
// checks. Library coppice::dashboard, which uses cpp-httplib and nlohmann/json.
//
//     co_await supervisor::start_link(children(inspect::child({.name = "shop"}),
//                                              dashboard::child({.port = 4041}), child<till>()));
//
// At start the server reports its link at level notice. `coppice dashboard NAME` serves the same page for a
// program without a dashboard.
//
//     path                answers
//     /                   the page; `/?token=…` signs a browser in and redirects to the page
//     /api                POST: one request of the inspect protocol
//     /events             server-sent events: the subscribed topics
//     /metrics            Prometheus' text format 0.0.4
//     /healthz            200 while the server runs
//     /readyz             200 if the program answers and its applications run, else 503
//
// Safety     The server listens on the loopback address by default. Every answer requires the token of the
//            link: as the cookie that the link sets, or as `Authorization: Bearer TOKEN`. The name in `Host`
//            has to be an address, localhost, or one of `options::hosts`, as a defence against DNS rebinding.
//            Pages of other origins are refused. There is no TLS: use a tunnel or a proxy over a network.
// Bounds     A connection serves one request. Request line and headers have up to 32 KiB, a body up to 1
//            MiB, and both together take up to 10 s. Up to `browsers_max` browsers watch, 8 further requests
//            are served, 64 connections are queued, and the rest wait in the OS. A client that reads nothing
//            for 5 s is disconnected.
// Threads    The server has threads of its own, outside of processes: one accepts, the
//            others are made on demand.
// Blocking   The constructor and `stop` block. A request blocks only its own thread.
// Ownership  A server owns its threads and connections, and ends both in the destructor.
// Errors     A constructor throws, see `server`. A `child` that cannot start fails with that exception.
// Cost       A thread that accepts. A browser that watches takes one thread for its stream, and one
//            connection to the program with a reader thread. A scrape of /metrics asks the program three
//            questions.
// Today      The requests of /api and the stream of /events are the methods and topics of the inspect
//            protocol, and may gain fields. The numbers under Bounds may change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coppice/child_spec.hpp"

#pragma GCC visibility push(default)

namespace coppice::dashboard {

/// Options of a dashboard.
struct options {
    /// The program's name, or the path of its socket, which contains a "/". Empty: the program
    /// around this dashboard.
    std::string program = {};
    /// The address to listen on. A wider one, such as "0.0.0.0", opens the dashboard to the network.
    std::string address = "127.0.0.1";
    /// 0: a free port; a child keeps its port over restarts.
    std::uint16_t port = 0;
    bool read_only = false;     ///< Refuses requests that steer.
    bool open_metrics = false;  ///< /metrics, /healthz and /readyz need no token.
    /// Further names in `Host`, besides addresses and localhost, without a port.
    std::vector<std::string> hosts = {};
    /// 16 to 256 letters, digits, `-` and `_`; any other token throws std::invalid_argument. Empty: 128
    /// random bits.
    std::string token = {};
    std::size_t browsers_max = 16;  ///< Browsers that may watch at the same time, 1 to 1000.
};

/// A dashboard server, running until its destruction.
class server {
  public:
    /// Throws std::invalid_argument for an invalid option, and std::system_error if the
    /// address is not available. The program may start later; the page shows meanwhile that
    /// the server waits for the program.
    explicit server(options given);
    /// Stops the server, as `stop` does.
    ~server();
    /// Neither copied nor moved.
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// The link for a browser: "http://127.0.0.1:4041/?token=…". The link grants access: keep it secret.
    [[nodiscard]] std::string link() const;
    /// The port in use, also if `options::port` was 0.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The token that every request needs: the given one, or the random one.
    [[nodiscard]] const std::string& token() const noexcept;
    /// Ends the connections and joins the threads. Outstanding answers are abandoned.
    void stop() noexcept;

  private:
    class service;
    std::unique_ptr<service> service_;
};

/// A gen_server with the id "dashboard" that owns a server. Token and port outlive a restart, so
/// browsers reconnect by themselves. The dashboard asks the endpoint of its own program: start the child
/// of coppice::inspect first.
[[nodiscard]] child_spec child(options given = {});

}  // namespace coppice::dashboard

#pragma GCC visibility pop
