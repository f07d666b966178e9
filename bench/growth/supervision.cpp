// SPDX-License-Identifier: Apache-2.0
// Supervisors of very many children, and of one child with very many restarts.

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "tour.hpp"

namespace bench {
namespace {

struct up {
    pid who;
};

/// Reports its start.
struct servant {
    explicit servant(pid tester) { send(tester, up{coppice::self()}); }
};

constexpr int any_number = 1'000'000'000;
constexpr std::chrono::seconds a_second{1};

/// Waits until the supervisor has started the next one.
task<> kill(pid& host) {
    exit(host, reason::kill);
    const up next = co_await receive<up>();
    host = next.who;
}

struct known_child {
    supervisor top;
    std::string id;
};

task<> find(known_child& host) {
    const auto found = co_await host.top.get_childspec(host.id);
    if (!found) {
        throw std::logic_error{"a child is lost"};
    }
}

task<std::vector<pid>> start_servants(int count) {
    dynamic_supervisor_flags flags{.max_restarts = any_number, .max_seconds = a_second};
    auto starting = dynamic_supervisor::start_link(flags);
    const auto started = co_await starting;
    const dynamic_supervisor top = started.value();
    std::vector<pid> all;
    for (int i = 0; i < count; ++i) {
        auto starting_child = top.start_child(child<servant>(self()));
        co_await starting_child;
        const up one = co_await receive<up>();
        all.push_back(one.who);
    }
    co_return all;
}

task<std::vector<known_child>> start_known_children(int count) {
    std::vector<child_spec> specs;
    for (int i = 0; i < count; ++i) {
        specs.push_back(child<servant>(self()).id(std::to_string(i)));
    }
    auto starting = supervisor::start_link(child_list{std::move(specs)});
    const auto started = co_await starting;
    const supervisor top = started.value();
    co_await receive_all<up>(count);
    std::vector<known_child> all;
    for (int i = 0; i < count; ++i) {
        all.push_back({top, std::to_string(i)});
    }
    co_return all;
}

}  // namespace

task<double> restart_each(tour along) {
    std::vector<pid> hosts = co_await start_servants(along.hosts);
    co_return co_await cost_of_a_visit(hosts, along.visits, kill);
}

task<double> find_child(tour along) {
    std::vector<known_child> hosts = co_await start_known_children(along.hosts);
    co_return co_await cost_of_a_visit(hosts, along.visits, find);
}

task<double> restart_again(tour along) {
    std::vector<pid> only = co_await start_servants(1);
    co_await go_round(only, along.hosts, kill);
    co_return co_await cost_of_a_visit(only, along.visits, kill);
}

}  // namespace bench
