// SPDX-License-Identifier: Apache-2.0

#include "chat/chat.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

void logger::handle_cast(line m) {
    std::cout << "log: " << m.text << std::endl;  // NOLINT(performance-avoid-endl): people watch it
}

void logger::handle_cast(crash) {
    throw std::runtime_error{"the logger was asked to crash"};
}

void note(std::string text) {
    server<logger>{"logger"}.cast(logger::line{std::move(text)});
}

// Rooms.

room::room(std::string name) : name_{std::move(name)} {
    note("room " + name_ + " is open");
}

void room::handle_cast(join m) {
    if (const auto found = members_.find(m.who); found != members_.end()) {
        found->second.nick = m.nick;
        return;
    }
    tell_all(m.nick + " joined");
    members_.emplace(m.who, member{m.nick, monitor(m.who)});
}

void room::handle_cast(rename m) {
    const auto found = members_.find(m.who);
    if (found != members_.end()) {
        tell_all(found->second.nick + " is now " + m.nick, m.who);
        found->second.nick = m.nick;
    }
}

void room::handle_cast(const say& m) {
    const auto from = members_.find(m.who);
    if (from != members_.end()) {
        tell_all("[" + name_ + "] " + from->second.nick + ": " + m.text);
    }
}

void room::handle_cast(crash) {
    throw std::runtime_error{"room " + name_ + " was asked to crash"};
}

std::vector<std::string> room::handle_call(members) const {
    std::vector<std::string> nicks;
    for (const auto& [who, each] : members_) {
        nicks.push_back(each.nick);
    }
    std::sort(nicks.begin(), nicks.end());
    return nicks;
}

void room::forget(const pid& who) {
    const auto found = members_.find(who);
    if (found != members_.end()) {
        demonitor(found->second.monitor, demonitor_option::flush);
        const std::string nick = found->second.nick;
        members_.erase(found);
        tell_all(nick + " left");
    }
}

void room::tell_all(const std::string& text, const pid& but) const {
    for (const auto& [who, each] : members_) {
        if (who != but) {
            send(who, show{text});
        }
    }
}

// The listener.

namespace {

/// Clients may crash rooms and the logger as they like: that this many crash within five seconds
/// means something else.
constexpr int crashes_max = 1'000'000;

}  // namespace

listener::listener(net::listener source) : source_{std::move(source)} {
    source_.accept_next(self());
}

task<> listener::handle_info(net::accepted m) {
    const child_spec client = child<connection>(m.connection).restart(temporary);
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

supervisor::start_awaiter start_chat(const net::listener& source) {
    return supervisor::start_link(
        children(child<logger>().name("logger"),
                 child<dynamic_supervisor>({.max_restarts = crashes_max, .name = "rooms"}),
                 child<dynamic_supervisor>({.max_children = clients_max, .name = "connections"}),
                 child<listener>(source).name("listener")),
        {.strategy = one_for_one, .max_restarts = crashes_max, .name = "chat"});
}

}  // namespace chat
