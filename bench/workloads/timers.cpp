// SPDX-License-Identifier: Apache-2.0
// Timers: a million at once, and one in competition with busy processes.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

struct tick {};

/// Far in the future, in no order.
std::vector<timer> set_timers(int count) {
    std::vector<timer> set;
    set.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const auto spread = std::chrono::milliseconds{i * 7919LL % 1'000'003};
        set.push_back(send_after(1h + spread, self(), tick{}));
    }
    return set;
}

void cancel_timers(const std::vector<timer>& set) {
    for (const timer each : set) {
        cancel_timer(each);
    }
}

/// A time by which `count` timers are set.
std::chrono::nanoseconds time_to_set(int count) {
    return monotonic_time() + 100ms + std::chrono::microseconds{2LL * count};
}

task<> never_rest() {
    for (;;) {
        send(self(), tick{});
        co_await receive<tick>();
    }
}

std::vector<pid> spawn_restless() {
    std::vector<pid> all;
    for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
        all.push_back(spawn(never_rest));
    }
    return all;
}

}  // namespace

task<figures> timer_set(int count) {
    cancel_timers(set_timers(warm_up(count)));
    const stopwatch clock;
    const std::vector<timer> set = set_timers(count);
    const double each = clock.ns_each(count);
    cancel_timers(set);
    co_return one_figure(each);
}

task<figures> timer_cancel(int count) {
    cancel_timers(set_timers(warm_up(count)));
    const std::vector<timer> set = set_timers(count);
    const stopwatch clock;
    cancel_timers(set);
    co_return one_figure(clock.ns_each(count));
}

/// Due one after another within a second. Measures processor time.
task<figures> timer_fire(int count) {
    const auto first = time_to_set(count);
    for (int i = 0; i < count; ++i) {
        const std::chrono::nanoseconds due = first + 1'000'000'000ns * i / count;
        send_after(std::max(due - monotonic_time(), 0ns), self(), tick{});
    }
    const std::clock_t before = std::clock();
    co_await receive_all<tick>(count);
    const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    co_return one_figure(seconds * 1e9 / count);
}

/// All are due at one moment. The clock starts at that moment, or when the last timer is set, if later.
task<figures> timer_burst(int count) {
    const auto due = time_to_set(count);
    for (int i = 0; i < count; ++i) {
        send_after(std::max(due - monotonic_time(), 0ns), self(), tick{});
    }
    const auto began = std::max(due, monotonic_time());
    co_await receive_all<tick>(count);
    const auto took = monotonic_time() - began;
    co_return one_figure(static_cast<double>(took.count()) / count);
}

task<figures> fairness(int count) {
    const std::vector<pid> restless = spawn_restless();
    std::vector<double> late;
    for (int i = 0; i < count; ++i) {
        const stopwatch clock;
        co_await sleep(1ms);
        late.push_back(clock.ns() - 1e6);
    }
    for (const pid each : restless) {
        exit(each, reason::kill);
    }
    co_return p50_and_p99(late);
}

}  // namespace bench
