// SPDX-License-Identifier: Apache-2.0
// Uses each of the three libraries once.

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>
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

}  // namespace

int main() {
    if (!simulates() || !listens()) {
        return 1;
    }
    return coppice::run([]() -> coppice::task<> {
        std::cout << "coppice " << coppice::version() << " in " << coppice::self() << '\n';
        co_return;
    });
}
