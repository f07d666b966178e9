// SPDX-License-Identifier: Apache-2.0
// An echo server on a socket: a process that accepts, and a process for each client. A client connects and is heard.

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>

#include <cstdint>
#include <iostream>
#include <stdexcept>

using namespace coppice;

struct session {
    using info_messages = messages<net::received, net::disconnected>;

    explicit session(net::socket client) : socket{std::move(client)} { socket.read_next(self()); }
    void handle_info(const net::received& m) {
        socket.write(m.bytes);
        socket.read_next(self());
    }
    void handle_info(const net::disconnected&) { stop_with(reason::normal); }

    net::socket socket;
};

struct acceptor {
    struct port {};
    using info_messages = messages<net::accepted, net::listen_failed>;

    explicit acceptor(const net::network& network) : clients{network.listen("127.0.0.1", 0)} {
        clients.accept_next(self());
    }
    std::uint16_t handle_call(port) const { return clients.port(); }
    task<> handle_info(net::accepted m) {
        const child_spec client = child<session>(m.connection).restart(temporary);
        co_await dynamic_supervisor{"sessions"}.start_child(client);
        clients.accept_next(self());
    }
    void handle_info(const net::listen_failed& m) { throw std::runtime_error{m.why}; }

    net::listener clients;
};

task<> app() {
    const net::service sockets;
    const net::network network = sockets.network();
    const auto started =
        co_await supervisor::start_link(children(child<dynamic_supervisor>({.name = "sessions"}),
                                                 child<acceptor>(network).name("acceptor")));
    const std::uint16_t port = co_await server<acceptor>{"acceptor"}.call(acceptor::port{});

    network.connect("127.0.0.1", port, self());
    const net::connected arrived = co_await receive<net::connected>();
    arrived.connection.write("hello\n");
    arrived.connection.read_next(self());
    const net::received answer = co_await receive<net::received>();
    std::cout << "the echo: " << answer.bytes;
    co_await stop(started.process());  // before the sockets are gone
}

int main() {
    return coppice::run(app);
}
