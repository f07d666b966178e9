// SPDX-License-Identifier: Apache-2.0
// Messages to very many processes, calls to very many servers, and replacement of very many processes.

#include "tour.hpp"

namespace bench {
namespace {

struct there {};
struct visit {};
struct seen {};
struct leave {};

task<> host_visits(pid visitor) {
    for (;;) {
        co_await receive<visit>();
        send(visitor, seen{});
    }
}

task<> wait_to_leave(pid starter) {
    send(starter, there{});
    co_await receive<leave>();
}

struct desk {
    struct ask {};
    int handle_call(ask) const { return 1; }
};

task<> send_and_hear(pid& host) {
    send(host, visit{});
    co_await receive<seen>();
}

task<> ask(server<desk>& host) {
    co_await host.call(desk::ask{});
}

/// Replaces the process. The new process has to be ready before the next visit.
task<> take_the_place_of(pid& host) {
    send(host, leave{});
    host = spawn(wait_to_leave, self());
    co_await receive<there>();
}

}  // namespace

task<double> visit_by_message(tour along) {
    std::vector<pid> hosts;
    for (int i = 0; i < along.hosts; ++i) {
        hosts.push_back(spawn(host_visits, self()));
    }
    co_await go_round(hosts, along.hosts, send_and_hear);
    co_return co_await cost_of_a_visit(hosts, along.visits, send_and_hear);
}

task<double> visit_by_call(tour along) {
    std::vector<server<desk>> hosts;
    for (int i = 0; i < along.hosts; ++i) {
        const auto started = co_await start<desk>();
        hosts.push_back(started.value());
    }
    co_return co_await cost_of_a_visit(hosts, along.visits, ask);
}

task<double> replace(tour along) {
    std::vector<pid> hosts;
    for (int i = 0; i < along.hosts; ++i) {
        hosts.push_back(spawn(wait_to_leave, self()));
        co_await receive<there>();
    }
    co_return co_await cost_of_a_visit(hosts, along.visits, take_the_place_of);
}

}  // namespace bench
