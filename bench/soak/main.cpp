// SPDX-License-Identifier: Apache-2.0
// coppice_soak SECONDS runs every kind of action, repeated and all at once. The run fails if memory grows, or
// if anything is left at the end. Start through script/soak.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "churns.hpp"
#include "common/program.hpp"
#include "memory.hpp"

namespace soak {
namespace {

using namespace coppice;
using namespace std::chrono_literals;

struct finished {
    std::size_t number;
    long rounds;
};

/// Results from the processes for the main thread.
struct outcome {
    std::array<long, std::size(churns)> rounds{};
    std::string wrong;
};

task<> keep_on(std::size_t number, std::chrono::nanoseconds time, pid starter) {
    const auto end = monotonic_time() + time;
    long rounds = 0;
    for (; monotonic_time() < end; ++rounds) {
        co_await churns[number].one_round();
    }
    send(starter, finished{number, rounds});
}

/// The runtime may need a moment to remove the last ended process.
task<> wait_to_be_alone() {
    for (int i = 0; i < 500 && processes().size() > 1; ++i) {
        co_await sleep(10ms);
    }
}

task<> look_for_leftovers(outcome& out) {
    co_await wait_to_be_alone();
    if (processes().size() > 1) {
        out.wrong = std::to_string(processes().size() - 1) + " processes are left";
    } else if (!registered().empty()) {
        out.wrong = "a name is left: " + registered().front();
    }
}

/// Returns the number of started processes.
int start_all(std::chrono::nanoseconds time) {
    int started = 0;
    for (std::size_t i = 0; i < std::size(churns); ++i) {
        for (int copy = 0; copy < churns[i].copies; ++copy) {
            spawn_monitor(keep_on, i, time, self());
            ++started;
        }
    }
    return started;
}

task<> churn_all(std::chrono::nanoseconds time, outcome& out) {
    for (int running = start_all(time); running > 0; --running) {
        const down_message end = co_await receive<down_message>();
        if (!(end.why == reason::normal)) {
            out.wrong = to_string(end.why);
            co_return;
        }
        const finished one = co_await receive<finished>();
        out.rounds[one.number] += one.rounds;
    }
    co_await look_for_leftovers(out);
}

void say_how_it_goes(const memory_watch& memory, std::chrono::seconds passed) {
    std::printf("%6lld s %10.1f MiB\n", static_cast<long long>(passed.count()),
                memory.now() / (1 << 20));
    std::fflush(stdout);
}

/// Samples once a second, and prints about twenty times.
void watch_until_the_end(runtime& world, const pid& app, std::chrono::seconds time,
                         memory_watch& memory) {
    const auto said_every = std::max<long long>(time.count() / 20, 1);
    std::chrono::seconds passed{0};
    while (!world.wait(app, 1s)) {
        ++passed;
        memory.sample();
        if (passed.count() % said_every == 0) {
            say_how_it_goes(memory, passed);
        }
    }
}

/// Empty, or the error.
std::string judge(const outcome& out, const memory_watch& memory, const runtime& world) {
    if (!out.wrong.empty()) {
        return out.wrong;
    }
    if (world.process_count() > 0) {
        return "the runtime counts " + std::to_string(world.process_count()) + " processes";
    }
    return memory.has_grown() ? "memory grew" : "";
}

void print_counts(const outcome& out, const memory_watch& memory) {
    for (std::size_t i = 0; i < std::size(churns); ++i) {
        std::printf("%10ld rounds: %s\n", out.rounds[i], std::string{churns[i].name}.c_str());
    }
    std::printf("memory after the warm-up, first and last third: %.1f and %.1f MiB; allowed %.1f\n",
                memory.earlier() / (1 << 20), memory.later() / (1 << 20),
                memory.allowed() / (1 << 20));
}

int run(std::chrono::seconds time) {
    runtime world{bench::options()};
    world.start();
    outcome out;
    memory_watch memory;
    memory.sample();
    const pid app = world.spawn([time, &out] { return churn_all(time, out); });
    watch_until_the_end(world, app, time, memory);
    // For the helper process of `wait`.
    std::this_thread::sleep_for(100ms);
    const std::string wrong = judge(out, memory, world);
    print_counts(out, memory);
    std::puts(wrong.empty() ? "passed" : ("failed: " + wrong).c_str());
    return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace soak

int main(int words, char** word) {
    const int seconds = words == 2 ? bench::positive_number(word[1]) : 0;
    if (seconds == 0) {
        std::fputs("usage: coppice_soak SECONDS\n", stderr);
        return 2;
    }
    return soak::run(std::chrono::seconds{seconds});
}
