// SPDX-License-Identifier: Apache-2.0
// A whole program of two applications: the shop depends on the inventory, which starts before the shop and
// stops after the shop. Try --help, --opens-with 3, --config FILE and Ctrl-C.

#include <coppice/coppice.hpp>
#include <coppice/program.hpp>
#include <iostream>

using namespace coppice;

struct shelf {
    struct take {};
    using console_messages = messages<take>;
    explicit shelf(int initial) : goods{initial} {}
    int handle_call(take) { return goods > 0 ? goods-- : 0; }
    int goods;
};

struct inventory {
    static constexpr std::string_view name = "inventory";
    static application::settings environment() {
        return {
            application::setting{"goods", 2, "how many there are in the beginning"}.between(0, 99)};
    }

    auto start() {
        const int goods = application::fetch_env<int>("inventory", "goods");
        return supervisor::start_link(children(child<shelf>(goods).name("shelf")), {});
    }
    void stop() { std::cout << "inventory: closed\n"; }
};

task<> customers(int count) {
    for (; count > 0; --count) {
        const int left = co_await server<shelf>{"shelf"}.call<shelf::take>();
        std::cout << (left > 0 ? "sold one\n" : "sold out\n");
    }
    request_stop();  // The shop closes after the last customer.
}

struct shop {
    static constexpr std::string_view name = "shop";
    static constexpr std::string_view version = "1.0";
    static constexpr std::string_view description = "Sells items from a stock.";
    using depends_on = application::classes<inventory>;
    static application::settings environment() {
        return {{"opens_with", 3, "the number of customers that wait for the opening"}};
    }

    auto start() {
        const int count = application::fetch_env<int>("shop", "opens_with");
        const child_spec served = child("customers", customers, count).restart(transient);
        return supervisor::start_link(children(served), {});
    }
    void prep_stop() { std::cout << "shop: closing\n"; }
    void stop() { std::cout << "shop: closed\n"; }
};

int main(int count, char** words) {
    return application::run<shop>(count, words);
}
