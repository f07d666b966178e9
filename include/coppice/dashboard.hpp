// SPDX-License-Identifier: Apache-2.0
// The dashboard: a page that shows a running program live and steers it, metrics for Prometheus, and
// health. Library coppice::dashboard, which uses cpp-httplib and nlohmann/json.
//
//     supervisor_options{.children = children(dashboard::child({.port = 4041}), …)}
//
// Its link is reported at level notice when it starts. `coppice dashboard NAME` serves the same for a
// program without it.
//
//     path                answers
//     /                   the page; `/?token=…` signs a browser in and sends it there
//     /api                POST: one request of the inspect protocol
//     /events             server-sent events: what was subscribed to
//     /metrics            Prometheus' text format 0.0.4
//     /healthz            200 while it serves
//     /readyz             200 if the program answers and its applications run, else 503
//
// Safety     It listens on the loopback address unless told otherwise. Every answer wants the token of the
//            link: as the cookie that the link sets, or as `Authorization: Bearer TOKEN`. The name in
//            `Host` has to be an address, localhost, or one of `options::hosts`, so that no other name can
//            be bound to this server; pages of other origins are refused. There is no TLS: over a network
//            put a tunnel or a proxy before it.
// Bounds     A connection serves one request. A request line and its headers have 32 KiB, a body 1 MiB, and
//            both together 10 s. `browsers_max` browsers watch, 8 requests are served besides, 64
//            connections wait, and the rest wait in the OS. A reader that takes nothing for 5 s is
//            disconnected.
// Threads    The server has threads of its own, outside of processes: one that accepts, and the others as
//            they are needed.
// Blocking   Its constructor and `stop` block; a request blocks its own thread only.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coppice/child_spec.hpp"

#pragma GCC visibility push(default)

namespace coppice::dashboard {

struct options {
    /// The program's name, or the path of its socket with a "/" in it. Empty: the program that this is
    /// part of.
    std::string program = {};
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;     ///< 0: a free one; a child keeps it when it is restarted.
    bool read_only = false;     ///< Refuses what steers.
    bool open_metrics = false;  ///< /metrics, /healthz and /readyz want no token.
    std::vector<std::string> hosts =
        {};                  ///< Names besides addresses and localhost, without a port.
    std::string token = {};  ///< Empty: 128 random bits.
    std::size_t browsers_max = 16;
};

/// A server that runs until it is destroyed.
class server {
  public:
    /// Throws std::invalid_argument for what does not fit in `given`, and std::system_error if the address
    /// cannot be had. The program need not be there yet: the page shows that it is waited for.
    explicit server(options given);
    /// As `stop`.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// What a browser opens: "http://127.0.0.1:4041/?token=…". It lets its reader in: keep it secret.
    [[nodiscard]] std::string link() const;
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] const std::string& token() const noexcept;
    /// Ends the connections and joins the threads. Answers that are waited for are given up.
    void stop() noexcept;

  private:
    class service;
    std::unique_ptr<service> service_;
};

/// A gen_server with the id "dashboard" that owns a server. Its token and its port outlive a restart, so
/// browsers come back by themselves. It asks the program's own endpoint: start coppice::inspect's child
/// before it.
[[nodiscard]] child_spec child(options given = {});

}  // namespace coppice::dashboard

#pragma GCC visibility pop
