// SPDX-License-Identifier: Apache-2.0
// inspect: a Unix socket at which a running program answers about its processes and is steered: by
// `coppice console`, the dashboard, or any program that speaks JSON-RPC. Library coppice::inspect.
//
//     co_await supervisor::start_link(children(child<till>(), inspect::child({.name = "shop"})));
//
// The protocol is docs/reference/inspect-protocol.md. The socket is NAME.sock in `socket_folder()`, or
// NAME.PID.sock while a living program has that; one that a dead program has left is replaced. A program
// out of an application gets an endpoint by an option, see program.hpp.
//
// Safety     The folder has to belong to this user, and nobody else may enter it; the socket has mode
//            0600; a peer that is neither this user nor root is closed at once. What steers is reported
//            with the peer's user and name, and refused by an endpoint that is `read_only`.
// Threads    One that waits for sockets. Each request runs in a process of its own, and has two seconds.
// Bounds     Of clients, of requests and subscriptions of one client, of a line (1 MiB), and of what waits
//            for a client that reads slowly: more, and it is disconnected.
// Cost       Nothing while nobody is connected.
// Errors     Its start fails with a text that says what to do: the folder is not safe, or the OS refuses.
//            In a simulation, which has no sockets, it is ignored.

#pragma once

#include <cstddef>
#include <string>

#include "coppice/child_spec.hpp"

#pragma GCC visibility push(default)

namespace coppice::inspect {

struct options {
    /// The program's name: up to 64 letters, digits, `_`, `-` and `.`, not beginning with `.`.
    std::string name = {};
    std::string version = {};  ///< The program's, which `hello` tells.
    bool read_only = false;    ///< Refuses what steers.
    /// Where the socket is; empty: `socket_folder()`.
    std::string folder = {};
    std::size_t clients_max = 32;
    /// An endpoint that cannot start is reported and left out, instead of failing its supervisor's start.
    bool may_be_missing = false;
};

/// A supervisor that serves the socket, registered as "inspect:NAME". Throws std::invalid_argument if
/// the name is not valid.
[[nodiscard]] child_spec child(options chosen);

/// The text with `_` for what may not be in a name of an endpoint; "coppice" for what is empty.
[[nodiscard]] std::string name_from(std::string text);

}  // namespace coppice::inspect

#pragma GCC visibility pop
