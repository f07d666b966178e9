// SPDX-License-Identifier: Apache-2.0
// Uses each of the four libraries once.

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
#include <coppice/program.hpp>
#include <coppice/testing/sim_world.hpp>
#include <coppice/version.hpp>
#include <iostream>

namespace {

bool simulates() {
    using namespace std::chrono_literals;
    coppice::testing::sim_world world{1};
    const auto ended = world.run([]() -> coppice::task<> { co_await coppice::sleep(1h); });
    return ended == coppice::reason::normal;
}

bool listens() {
    coppice::runtime world;
    world.start();
    coppice::net::service sockets{world};
    const bool listening = sockets.listen("127.0.0.1", 0).port() != 0;
    world.stop();
    return listening;
}

coppice::task<> greet() {
    std::cout << "coppice " << coppice::version() << " in " << coppice::self() << '\n';
    coppice::request_stop();
    co_return;
}

struct greeter {
    static constexpr std::string_view name = "greeter";
    auto start() {
        return coppice::supervisor::start_link(
            coppice::children(coppice::child("greet", greet).restart(coppice::transient)));
    }
};

}  // namespace

int main(int count, char** words) {
    if (!simulates() || !listens()) {
        return 1;
    }
    return coppice::application::run<greeter>(count, words);
}
