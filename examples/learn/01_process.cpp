// SPDX-License-Identifier: Apache-2.0
// A process counts visits. Other processes reach the count by messages only.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;

struct visit {};
struct how_many {
    pid asked_by;
};
struct visits {
    int count = 0;
};

task<> count_visits() {
    int count = 0;
    const auto visited = [&count](visit) { ++count; };
    const auto asked = [&count](how_many m) { send(m.asked_by, visits{count}); };
    for (;;) {
        co_await receive(visited, asked);
    }
}

task<> app() {
    const pid counter = spawn(count_visits);
    send(counter, visit{});
    send(counter, visit{});
    send(counter, how_many{self()});
    const visits answer = co_await receive<visits>();
    std::cout << answer.count << " visits\n";

    monitor(counter);
    exit(counter, reason::shutdown);
    const down_message ended = co_await receive<down_message>();
    std::cout << "the counter ended: " << ended.why << '\n';
}

int main() {
    return coppice::run(app);
}
