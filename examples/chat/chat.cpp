// SPDX-License-Identifier: Apache-2.0

#include "chat/chat.hpp"

#include <stdexcept>
#include <utility>

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

/// Clients may crash rooms and the logger at will. So many crashes within five seconds have another cause.
constexpr int crashes_max = 1'000'000;
/// All clients are told together of a shutdown; no client may delay the shutdown longer than this.
constexpr auto farewell_limit = 1s;

}  // namespace

listener::listener(net::listener source, limits allowed)
    : source_{std::move(source)}, allowed_{allowed} {
    source_.accept_next(self());
}

task<> listener::handle_info(net::accepted m) {
    const child_spec client =
        child<connection>(m.connection, allowed_).restart(temporary).shutdown(farewell_limit);
    const child_result started = co_await dynamic_supervisor{"connections"}.start_child(client);
    if (!started) {
        m.connection.write("The house is full. Please come back later.\n");
        m.connection.close();
    }
    source_.accept_next(self());
}

void listener::handle_info(const net::listen_failed& m) {
    throw std::runtime_error{"listening failed: " + m.why};
}

supervisor::start_awaiter start_chat(const net::listener& source, const limits& allowed) {
    return supervisor::start_link(
        children(
            child<logger>().name("logger"), child<artist>().name("artist"),
            child<dynamic_supervisor>(
                {.max_restarts = crashes_max, .max_children = allowed.rooms, .name = "rooms"}),
            child<dynamic_supervisor>({.max_children = allowed.clients, .name = "connections"}),
            child<listener>(source, allowed).name("listener")),
        {.strategy = one_for_one, .max_restarts = crashes_max, .name = "chat"});
}

}  // namespace chat
