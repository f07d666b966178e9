// SPDX-License-Identifier: Apache-2.0
// A program for the browser tests: a supervisor of each strategy, and a supervisor with any number of
// children. Run by script/web --browser-tests, and for the pictures of the documentation.

#include <coppice/coppice.hpp>
#include <coppice/dashboard.hpp>
#include <coppice/program.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

/// Works a little now and then, as a visible activity.
struct machine {
    struct work {};

    explicit machine(std::string what) : what{std::move(what)} {
        send_after(300ms, self(this), work{});
    }
    void handle_info(work) {
        ++sheets;
        send_after(300ms, self(this), work{});
    }

    std::string what;
    int sheets = 0;
};

struct order {
    explicit order(int n) : number{n} {}
    int number;
    std::string_view state = "waits";
};

child_spec machine_child(const std::string& name) {
    return child<machine>(name).id(name).name(name);
}

struct desk {
    static supervisor_init init() {
        return supervisor::init(children(machine_child("front_desk"), machine_child("mail"),
                                         machine_child("<b>web</b>")),
                                {.strategy = one_for_one, .max_restarts = 5});
    }
};
struct press {  // each machine takes paper from the one before
    static supervisor_init init() {
        return supervisor::init(
            children(machine_child("feeder"), machine_child("printer"), machine_child("cutter")),
            {.strategy = rest_for_one, .max_restarts = 5});
    }
};
struct colours {  // a picture has all colours or none
    static supervisor_init init() {
        return supervisor::init(
            children(machine_child("cyan"), machine_child("magenta"), machine_child("yellow")),
            {.strategy = one_for_all, .max_restarts = 5});
    }
};

task<> take_orders(int count) {
    const dynamic_supervisor orders{"orders"};
    for (int number = 1; number <= count; ++number) {
        const child_spec spec = child<order>(number);
        co_await orders.start_child(spec);
    }
}

child_spec orders_child() {
    auto start = [] { return dynamic_supervisor::start_link({.name = "orders"}); };
    return child_with_start("orders", start).type(child_type::supervisor);
}

struct print_shop {
    static constexpr std::string_view name = "print_shop";
    static constexpr std::string_view version = "1.0";
    static constexpr std::string_view description = "Prints, cuts and folds.";
    static application::settings environment() {
        return {{"orders", 20, "how many orders there are in the beginning"}};
    }

    auto start() {
        const int count = application::fetch_env<int>("print_shop", "orders");
        const child_spec taking = child("order_taker", take_orders, count).restart(transient);
        return supervisor::start_link(
            children(child<desk>().name("desk"), child<press>().name("press"),
                     child<colours>().name("colours"), orders_child(), taking,
                     dashboard::child({.token = "let-me-in-let-me-in"})),
            {.strategy = one_for_one, .max_restarts = 10, .name = "shop"});
    }
};

int main(int count, char** words) {
    return application::run<print_shop>(count, words, {.inspect = application::inspect_mode::on});
}
