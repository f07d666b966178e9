// SPDX-License-Identifier: Apache-2.0
// Limits of mailboxes: a refused sender, and a waiting sender.

#include <coppice/coppice.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace coppice;
using namespace std::chrono_literals;

struct printer {
    struct print {
        std::string text;
    };

    task<> handle_cast(print m) {
        co_await sleep(1s);  // A slow printer.
        std::cout << "printed " << m.text << '\n';
    }
};

task<> hurried(server<printer> on) {
    for (int i = 1; i <= 5; ++i) {
        const std::string text = "note " + std::to_string(i);
        const printer::print order{text};
        if (on.try_cast(order) == send_status::full) {
            std::cout << text << " is refused\n";
        }
        co_await yield();
    }
}

task<> patient(server<printer> on) {
    for (int i = 1; i <= 5; ++i) {
        const printer::print order{"page " + std::to_string(i)};
        on.cast(order);
        co_await yield();  // Has its next turn when there is room.
    }
    std::cout << "all pages are on their way\n";
}

task<> app() {
    co_await supervisor::start_link(
        children(child<printer>().name("notes").mailbox({.limit = 2}),
                 child<printer>().id("pages").name("pages").mailbox(
                     {.limit = 2, .policy = mailbox_policy::wait, .high_water = 2})));
    spawn_link(hurried, server<printer>{"notes"});
    co_await sleep(1min);
    spawn_link(patient, server<printer>{"pages"});
    co_await sleep(1min);
}

int main() {
    return coppice::run(app);
}
