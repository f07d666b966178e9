// SPDX-License-Identifier: Apache-2.0
// Three bombs with fuses of 2, 3 and 5 seconds, under each strategy. A run in real time takes a minute; with
// COPPICE_CLOCK=simulated a run takes no time.

#include <coppice/coppice.hpp>

#include <iostream>
#include <stdexcept>

using namespace coppice;
using namespace std::chrono_literals;

struct bomb {
    struct explode {};

    bomb(std::string label, std::chrono::seconds fuse) : label{std::move(label)} {
        send_after(fuse, self(this), explode{});  // Typed: `bomb` has to handle `explode`.
    }

    void handle_info(explode) {
        const auto now = std::chrono::round<std::chrono::seconds>(monotonic_time());
        std::cout << "  " << now.count() << " s: " << label << " explodes" << std::endl;
        throw std::runtime_error{label + " exploded"};
    }

    std::string label;
};

const child_spec bomb1 = child<bomb>("Bomb 1", 2s).id("bomb1");
const child_spec bomb2 = child<bomb>("Bomb 2", 3s).id("bomb2");
const child_spec bomb3 = child<bomb>("Bomb 3", 5s).id("bomb3");

/// Each act runs in a new runtime, whose clock begins at zero.
void act(restart_strategy strategy, child_list bombs) {
    std::cout << to_string(strategy) << ':';
    for (const child_spec& each : bombs.specs()) {
        std::cout << ' ' << each.id();
    }
    std::cout << std::endl;
    coppice::run([strategy, bombs]() -> task<> {
        trap_exit(true);
        co_await supervisor::start_link(bombs, {.strategy = strategy, .max_restarts = 5});
        co_await receive(
            [](const exit_message&) { std::cout << "  too many: the supervisor gives up\n"; },
            after(9500ms, [] {}));
    });
}

int main() {
    act(one_for_one, children(bomb1, bomb2, bomb3));
    act(one_for_all, children(bomb1, bomb2, bomb3));
    act(rest_for_one, children(bomb1, bomb2, bomb3));
    act(rest_for_one, children(bomb3, bomb1, bomb2));
    act(rest_for_one, children(bomb2, bomb3, bomb1));
}
