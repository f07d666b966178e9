// SPDX-License-Identifier: Apache-2.0
// Names, links and monitors.

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct ready {};
struct seen {};
struct done {};

task<> wait_for_the_end() {
    co_await receive<done>();
}

std::vector<std::string> register_some(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
        names.push_back("process_" + std::to_string(i));
        register_name(names.back(), spawn(wait_for_the_end));
    }
    return names;
}

void find_all(const std::vector<std::string>& names, int count) {
    auto name = names.begin();
    for (int i = 0; i < count; ++i) {
        if (!whereis(*name)) {
            throw std::logic_error{"a name is lost"};
        }
        if (++name == names.end()) {
            name = names.begin();
        }
    }
}

void watch_and_forget(pid who, int count) {
    for (int i = 0; i < count; ++i) {
        demonitor(monitor(who), demonitor_option::flush);
    }
}

task<> link_and_wait(pid centre, pid starter) {
    trap_exit(true);
    link(centre);
    send(starter, ready{});
    co_await receive<exit_message>();
    send(starter, seen{});
}

task<> monitor_and_wait(pid centre, pid starter) {
    static_cast<void>(monitor(centre));
    send(starter, ready{});
    co_await receive<down_message>();
    send(starter, seen{});
}

/// From the end of a process until all watchers have noticed.
task<figures> end_of_the_watched(task<> (*watch)(pid, pid), int count) {
    const pid centre = spawn(wait_for_the_end);
    for (int i = 0; i < count; ++i) {
        spawn(watch, centre, self());
    }
    co_await receive_all<ready>(count);
    const stopwatch clock;
    exit(centre, reason::kill);
    co_await receive_all<seen>(count);
    co_return one_figure(clock.ns_each(count));
}

task<> live_with(pid centre, pid starter) {
    link(centre);
    send(starter, ready{});
    co_await receive<done>();
}

/// In batches, to bound the number of processes that are ready at once. Each is
/// linked to `centre` and monitored.
task<> spawn_bound_to(pid centre, int count) {
    for (int left = count; left > 0;) {
        const int batch = std::min(left, 1000);
        for (int i = 0; i < batch; ++i) {
            spawn_monitor(live_with, centre, self());
        }
        co_await receive_all<ready>(batch);
        left -= batch;
    }
}

}  // namespace

task<figures> look_up_names(int count) {
    const std::vector<std::string> names = register_some(1000);
    find_all(names, warm_up(count));
    const stopwatch clock;
    find_all(names, count);
    co_return one_figure(clock.ns_each(count));
}

task<figures> monitor_demonitor(int count) {
    const pid watched = spawn(wait_for_the_end);
    watch_and_forget(watched, warm_up(count));
    const stopwatch clock;
    watch_and_forget(watched, count);
    co_return one_figure(clock.ns_each(count));
}

task<figures> exit_links(int count) {
    return end_of_the_watched(link_and_wait, count);
}

task<figures> exit_monitors(int count) {
    return end_of_the_watched(monitor_and_wait, count);
}

/// From the end of a process until the ends of all linked processes are known.
task<figures> die_together(int count) {
    const pid centre = spawn(wait_for_the_end);
    co_await spawn_bound_to(centre, count);
    const stopwatch clock;
    exit(centre, reason::kill);
    co_await receive_all<down_message>(count);
    co_return one_figure(clock.ns_each(count));
}

}  // namespace bench
