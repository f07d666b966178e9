// SPDX-License-Identifier: Apache-2.0
// Supervisors with failing children, and with children that come and go.

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "churns.hpp"

namespace soak {
namespace {

using namespace coppice;

struct up {
    pid who;
};

/// Reports its start.
struct worker {
    struct ask {};
    struct fail {};

    explicit worker(pid tester) { send(tester, up{self()}); }
    int handle_call(ask) const { return 1; }
    void handle_cast(fail) const { throw std::runtime_error{"asked to fail"}; }
};

constexpr int any_number = 1'000'000'000;
constexpr int group = 20;

child_list workers() {
    std::vector<child_spec> specs;
    for (int i = 0; i < group; ++i) {
        specs.push_back(child<worker>(self()).id(std::to_string(i)));
    }
    return child_list{std::move(specs)};
}

task<std::vector<pid>> hear_of(int count) {
    std::vector<pid> all;
    for (int i = 0; i < count; ++i) {
        const up one = co_await receive<up>();
        all.push_back(one.who);
    }
    co_return all;
}

task<dynamic_supervisor> start_nursery() {
    const auto started = co_await dynamic_supervisor::start_link();
    co_return started.value();
}

task<> start_some(dynamic_supervisor top) {
    for (int i = 0; i < group; ++i) {
        auto starting = top.start_child(child<worker>(self()).restart(temporary));
        const child_result one = co_await starting;
        one.value();
    }
}

}  // namespace

/// Ends each child once: alternately by an exception and by a kill.
task<> crash_and_restart() {
    auto starting = supervisor::start_link(workers(), {.max_restarts = any_number});
    const auto started = co_await starting;
    const supervisor top = started.value();
    const std::vector<pid> all = co_await hear_of(group);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i % 2 == 0) {
            server<worker>{all[i]}.cast(worker::fail{});
        } else {
            exit(all[i], reason::kill);
        }
        const up next = co_await receive<up>();
        co_await server<worker>{next.who}.call(worker::ask{});
    }
    const child_counts now = co_await top.count_children();
    require(now.active == group, "a child was not started again");
    co_await stop(top.whereis());
}

/// One half stops by request, and the supervisor terminates the other half.
task<> start_and_stop_children() {
    const dynamic_supervisor top = co_await start_nursery();
    co_await start_some(top);
    const std::vector<pid> all = co_await hear_of(group);
    for (std::size_t i = 0; i < all.size(); ++i) {
        co_await server<worker>{all[i]}.call(worker::ask{});
        if (i % 2 == 0) {
            co_await stop(all[i]);
        } else {
            co_await top.terminate_child(all[i]);
        }
    }
    const child_counts now = co_await top.count_children();
    require(now.specs == 0, "a dynamic child was not forgotten");
    co_await stop(top.whereis());
}

}  // namespace soak
