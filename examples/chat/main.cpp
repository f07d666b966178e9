// SPDX-License-Identifier: Apache-2.0
// chat [--port N]: serves until SIGINT or SIGTERM. Takes a free port when N is taken, and says
// which.

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>

#include "chat/chat.hpp"

namespace {

coppice::net::listener listen_near(coppice::net::service& io, std::uint16_t port) {
    try {
        return io.listen("127.0.0.1", port);
    } catch (const std::system_error&) {
        return io.listen("127.0.0.1", 0);
    }
}

}  // namespace

int main(int count, char** words) {
    long port = 4040;
    if (count == 3 && std::string{words[1]} == "--port") {
        port = std::strtol(words[2], nullptr, 10);
    }
    if ((count != 1 && count != 3) || port < 0 || port > 65535) {
        std::cerr << "usage: chat [--port NUMBER]\n";
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread: only sigwait below gets them

    coppice::runtime world;
    coppice::net::service io{world};
    const coppice::net::listener source = listen_near(io, static_cast<std::uint16_t>(port));
    world.start();
    world.spawn([source]() -> coppice::task<> {
        co_await chat::start_chat(source);
        co_await coppice::receive<int>();  // nobody sends one: this is the tree's parent, and stays
    });
    std::cout << "chat: listening on 127.0.0.1:" << source.port() << std::endl;
    int ended_by = 0;
    sigwait(&ends, &ended_by);
    const coppice::stop_result stopped = world.stop();
    for (const auto& blocking : stopped.blocking) {
        std::cerr << "chat: did not stop in time: " << to_string(blocking) << "\n";
    }
    std::cout << "chat: stopped" << std::endl;
    return stopped ? 0 : 1;
}
