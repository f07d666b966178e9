// SPDX-License-Identifier: Apache-2.0
// inspect: a Unix socket through which other programs look at a running program's processes and steer them:
// `coppice console`, the dashboard, or any program that speaks JSON-RPC. Library coppice::inspect.
//
//     co_await supervisor::start_link(children(child<till>(), inspect::child({.name = "shop"})));
//
// The protocol is docs/reference/inspect-protocol.md. The socket is NAME.sock in `socket_folder()`, or
// NAME.PID.sock while a live program holds NAME.sock. The stale socket of a dead program is replaced. A
// program made from an application gets an endpoint by an option, see program.hpp.
//
// Safety     The folder has to belong to this user and to be closed to all other users. The socket has mode
//            0600. A peer that is neither this user nor root is disconnected at once. Requests that steer are
//            reported with the peer's user and name; an endpoint that is `read_only` refuses them.
// Threads    One thread waits for sockets. Each request runs in a process of its own, and has two seconds.
// Bounds     Limits on clients, on requests and subscriptions per client, on a line (1 MiB), and on the
//            output queued for a slow reader. A client beyond its output limit is disconnected.
// Blocking   None: the sockets are served by net.hpp.
// Ownership  The processes of the endpoint own the socket, its thread and the connections. The end of the
//            supervisor closes all of them.
// Cost       None without a connected client.
// Errors     The start fails with a text that tells the remedy: the folder is unsafe, or the OS refuses. In a
//            simulation, which has no sockets, the start answers `ignore`.
// Today      The protocol has version 1, and a later program may add methods and fields. The numbers under
//            Bounds may change.

#pragma once

#include <cstddef>
#include <string>

#include "coppice/child_spec.hpp"

#pragma GCC visibility push(default)

namespace coppice::inspect {

/// Options of an endpoint.
struct options {
    /// The program's name: up to 64 letters, digits, `_`, `-` and `.`, not beginning with `.`.
    std::string name = {};
    std::string version = {};  ///< The program's version, part of the answer to `hello`.
    bool read_only = false;    ///< Refuses requests that steer.
    /// The folder of the socket; empty: `socket_folder()`.
    std::string folder = {};
    /// Clients connected at the same time; one more is disconnected.
    std::size_t clients_max = 32;
    /// If the endpoint cannot start, report a warning and go on without it instead of
    /// failing the supervisor's start.
    bool may_be_missing = false;
};

/// A supervisor that serves the socket, registered as "inspect:NAME". Throws
/// std::invalid_argument for an invalid name.
[[nodiscard]] child_spec child(options chosen);

/// Makes an endpoint name: invalid characters become `_`, the text is cut to 64 bytes, and an
/// empty text gives "coppice".
[[nodiscard]] std::string name_from(std::string text);

}  // namespace coppice::inspect

#pragma GCC visibility pop
