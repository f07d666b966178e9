// SPDX-License-Identifier: Apache-2.0
// Three limits: of the children of a dynamic supervisor, of the time of a call, of the work a server accepts.

#include <coppice/coppice.hpp>

#include <chrono>
#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct oven {
    struct bake {
        using reply = bool;
        int minutes = 1;
    };
    struct done {
        reply_to<bool> caller;
    };

    void handle_call(bake m, reply_to<bool> caller) {
        if (baking == 2) {
            caller(false);  // Full: refused at once.
            return;
        }
        ++baking;
        send_after(std::chrono::minutes{m.minutes}, self(this), done{caller});
    }
    void handle_info(done m) {
        --baking;
        m.caller(true);
    }

    int baking = 0;
};

task<> customer(int number, int minutes) {
    const server<oven> shared{"oven"};
    const oven::bake order{minutes};
    const auto baked = co_await shared.try_call(order, 5min);
    const char* const answer = !baked ? "no answer in time" : *baked ? "baked" : "refused";
    std::cout << "customer " << number << ": " << answer << '\n';
}

task<> start_customer(int number, int minutes) {
    const child_spec spec = child("customer", customer, number, minutes).restart(temporary);
    const child_result started = co_await dynamic_supervisor{"customers"}.start_child(spec);
    if (!started) {
        std::cout << "customer " << number << ": " << started.error() << '\n';
    }
}

task<> app() {
    co_await supervisor::start_link(
        children(child<oven>().name("oven"),
                 child<dynamic_supervisor>({.max_children = 2, .name = "customers"})));
    co_await start_customer(1, 10);
    co_await start_customer(2, 3);
    co_await start_customer(3, 1);
    co_await sleep(1s);
    co_await customer(4, 1);  // Asks the full oven without a process of its own.
    co_await sleep(1h);
}

int main() {
    return coppice::run(app);
}
