// SPDX-License-Identifier: Apache-2.0
// An exploration finds the schedule in which two customers take the same last seat.

#include <coppice/coppice.hpp>
#include <coppice/testing/explore.hpp>
#include <coppice/testing/start_supervised.hpp>

#include <iostream>
#include <stdexcept>

using namespace coppice;

struct seats {
    struct free {};
    struct take {};
    struct take_if_free {};
    int handle_call(free) const { return left; }
    void handle_cast(take) { --left; }
    void handle_cast(take_if_free) { left -= left > 0 ? 1 : 0; }
    int left = 1;
};

/// Asks first, then takes: another customer may come between.
task<> hasty_customer(int wait) {
    for (; wait > 0; --wait) {
        co_await yield();
    }
    const server<seats> hall{"hall"};
    const int left = co_await hall.call(seats::free{});
    if (left > 0) {
        hall.cast(seats::take{});
    }
}

/// One question: the server decides.
task<> careful_customer(int wait) {
    for (; wait > 0; --wait) {
        co_await yield();
    }
    server<seats>{"hall"}.cast(seats::take_if_free{});
}

task<> evening(task<> (*customer)(int)) {
    co_await testing::start_supervised(child<seats>().name("hall"));
    const monitored_process first = spawn_monitor(customer, 0);
    const monitored_process second = spawn_monitor(customer, 9);
    co_await testing::assert_down(first.process);
    co_await testing::assert_down(second.process);
    const int left = co_await server<seats>{"hall"}.call(seats::free{});
    if (left < 0) {
        throw std::runtime_error{"a seat is sold twice"};
    }
}

int main() {
    testing::explore_options how;
    how.seeds = 500;
    how.faults = testing::fault_kinds::none();
    const auto found = testing::find_failure(how, [] { return evening(hasty_customer); });
    if (found) {
        std::cout << found->failure << '\n' << "decisions: " << found->decisions << '\n';
    }
    testing::explore(how, [] { return evening(careful_customer); });
    std::cout << "careful customers pass\n";
}
