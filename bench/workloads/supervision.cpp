// SPDX-License-Identifier: Apache-2.0
// Supervisors: of one child with many failures, and of very many children.

#include <stdexcept>
#include <string>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct up {
    pid who;
};

/// Reports the start to `tester`, if given.
struct servant {
    struct ask {};
    struct fail {};

    explicit servant(pid tester) {
        if (tester) {
            send(tester, up{coppice::self()});
        }
    }
    int handle_call(ask) const { return 1; }
    void handle_cast(fail) const { throw std::runtime_error{"asked to fail"}; }
};

constexpr int any_number = 1'000'000'000;
constexpr std::chrono::seconds a_second{1};

supervisor_flags never_gives_up(restart_strategy strategy) {
    return {.strategy = strategy, .max_restarts = any_number, .max_seconds = a_second};
}

void kill(const server<servant>& s) {
    exit(s.whereis(), reason::kill);
}

void crash(const server<servant>& s) {
    s.cast(servant::fail{});
}

/// From the end of one servant until the next has answered a call.
task<double> cycle(server<servant>& s, void (*end)(const server<servant>&)) {
    const stopwatch clock;
    end(s);
    const up next = co_await receive<up>();
    s = server<servant>{next.who};
    co_await s.call(servant::ask{});
    co_return clock.ns();
}

task<figures> restarts(void (*end)(const server<servant>&), int count) {
    auto starting =
        supervisor::start_link(children(child<servant>(self())), never_gives_up(one_for_one));
    co_await starting;
    const up first = co_await receive<up>();
    server<servant> s{first.who};
    for (int i = 0; i < warm_up(count); ++i) {
        co_await cycle(s, end);
    }
    std::vector<double> samples;
    for (int i = 0; i < count; ++i) {
        const double sample = co_await cycle(s, end);
        samples.push_back(sample);
    }
    co_return p50_and_p99(samples);
}

/// Only the last servant reports the start, since children start in order.
child_list servants(int count, pid tester = {}) {
    std::vector<child_spec> specs;
    specs.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const pid told = i == count - 1 ? tester : pid{};
        specs.push_back(child<servant>(told).id(std::to_string(i)));
    }
    return child_list{std::move(specs)};
}

task<supervisor> start_servants(int count, supervisor_flags flags = {}, pid tester = {}) {
    auto starting = supervisor::start_link(servants(count, tester), flags);
    const auto started = co_await starting;
    co_return started.value();
}

/// Queries a supervisor of `count` children, after one query as warm-up.
template <class Ask>
task<figures> ask_of_many(int count, Ask ask) {
    constexpr int times = 5;
    const supervisor top = co_await start_servants(count);
    co_await ask(top);
    const stopwatch clock;
    for (int i = 0; i < times; ++i) {
        co_await ask(top);
    }
    co_return one_figure(clock.ns_each(times));
}

}  // namespace

task<figures> kill_restart(int count) {
    return restarts(kill, count);
}

task<figures> crash_restart(int count) {
    return restarts(crash, count);
}

task<figures> static_supervisor(int count) {
    const stopwatch start_clock;
    const supervisor top = co_await start_servants(count);
    const double start_each = start_clock.ns_each(count);
    const stopwatch stop_clock;
    co_await stop(top.whereis());
    co_return two_figures({"_start", start_each}, {"_stop", stop_clock.ns_each(count)});
}

task<figures> dynamic_children(int count) {
    const auto started = co_await dynamic_supervisor::start_link();
    const dynamic_supervisor top = started.value();
    const stopwatch start_clock;
    for (int i = 0; i < count; ++i) {
        auto starting = top.start_child(child<servant>(pid{}));
        const child_result one = co_await starting;
        one.value();
    }
    const double start_each = start_clock.ns_each(count);
    const stopwatch stop_clock;
    co_await stop(top.whereis());
    co_return two_figures({"_start", start_each}, {"_stop", stop_clock.ns_each(count)});
}

task<figures> group_restart(restart_strategy strategy, int count) {
    constexpr int times = 3;
    const supervisor top = co_await start_servants(count, never_gives_up(strategy), self());
    co_await receive<up>();
    double sum = 0;
    for (int i = 0; i < times; ++i) {
        // Newest first.
        const std::vector<child_info> now = co_await top.which_children();
        const stopwatch clock;
        exit(now.back().process, reason::kill);
        co_await receive<up>();
        sum += clock.ns_each(count);
    }
    co_return one_figure(sum / times);
}

task<figures> which_children(int count) {
    return ask_of_many(count, [](const supervisor& top) { return top.which_children(); });
}

task<figures> count_children(int count) {
    return ask_of_many(count, [](const supervisor& top) { return top.count_children(); });
}

}  // namespace bench
