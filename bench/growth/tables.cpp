// SPDX-License-Identifier: Apache-2.0
// Very many timers and names.

#include <chrono>
#include <stdexcept>
#include <string>

#include "tour.hpp"

namespace bench {
namespace {

struct tick {};
struct done {};

/// Far in the future, in no order.
timer set_one(int number) {
    using namespace std::chrono_literals;
    return send_after(1h + std::chrono::milliseconds{number * 7919LL % 1'000'003}, self(), tick{});
}

struct set_timer {
    int number;
    timer id;
};

void set_again(set_timer& host) {
    cancel_timer(host.id);
    host.id = set_one(host.number);
}

task<> wait_for_the_end() {
    co_await receive<done>();
}

void find_name(std::string& name) {
    if (!whereis(name)) {
        throw std::logic_error{"a name is lost"};
    }
}

}  // namespace

task<double> reset_timer(tour along) {
    std::vector<set_timer> hosts;
    for (int i = 0; i < along.hosts; ++i) {
        hosts.push_back({i, set_one(i)});
    }
    co_return co_await cost_of_a_visit(hosts, along.visits, set_again);
}

task<double> look_up(tour along) {
    std::vector<std::string> hosts;
    for (int i = 0; i < along.hosts; ++i) {
        hosts.push_back("process_" + std::to_string(i));
        register_name(hosts.back(), spawn(wait_for_the_end));
    }
    co_return co_await cost_of_a_visit(hosts, along.visits, find_name);
}

}  // namespace bench
