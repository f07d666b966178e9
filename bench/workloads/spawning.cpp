// SPDX-License-Identifier: Apache-2.0
// The cost of a process: time to start and end, and memory.

#include <algorithm>

#include "common/program.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

struct hello {};
struct done {};

task<> spawn_and_hear(int count) {
    const pid me = self();
    for (int i = 0; i < count; ++i) {
        spawn([me] { send(me, hello{}); });
    }
    co_await receive_all<hello>(count);
}

void spawn_next(pid first, int left) {
    if (left == 0) {
        send(first, done{});
    } else {
        spawn(spawn_next, first, left - 1);
    }
}

task<> spawn_a_chain(int count) {
    spawn(spawn_next, self(), count - 1);
    co_await receive<done>();
}

task<> idle(pid starter) {
    send(starter, hello{});
    co_await receive<done>();
}

struct idle_server {
    struct get {};
    int handle_call(get) const { return value; }

    int value = 1;
};

/// In batches, so that queued messages stay out of the measurement.
task<> spawn_idle(int count) {
    for (int left = count; left > 0;) {
        const int batch = std::min(left, 1000);
        for (int i = 0; i < batch; ++i) {
            spawn(idle, self());
        }
        co_await receive_all<hello>(batch);
        left -= batch;
    }
}

task<> start_idle_servers(int count) {
    for (int i = 0; i < count; ++i) {
        const auto started = co_await start<idle_server>();
        started.value();
    }
}

}  // namespace

task<figures> spawn_exit(int count) {
    co_await spawn_and_hear(warm_up(count));
    const stopwatch clock;
    co_await spawn_and_hear(count);
    co_return one_figure(clock.ns_each(count));
}

task<figures> spawn_chain(int count) {
    co_await spawn_a_chain(warm_up(count));
    const stopwatch clock;
    co_await spawn_a_chain(count);
    co_return one_figure(clock.ns_each(count));
}

task<figures> memory_process(int count) {
    const double before = resident_bytes();
    co_await spawn_idle(count);
    co_return one_figure((resident_bytes() - before) / count);
}

task<figures> memory_server(int count) {
    const double before = resident_bytes();
    co_await start_idle_servers(count);
    co_return one_figure((resident_bytes() - before) / count);
}

}  // namespace bench
