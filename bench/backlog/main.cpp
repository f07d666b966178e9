// SPDX-License-Identifier: Apache-2.0
// The backlog of a receiver and the memory of its mailbox: every kind of sender against every kind of
// receiver, each pair in an OS process of its own. Prints a table of docs/performance.md.
//
//     coppice_backlog                                    all pairs
//     coppice_backlog KIND SENDERS WORK_US SECONDS       one: loop, cast_1, cast_10, cast_100 or outside

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "coppice/coppice.hpp"

namespace {

using namespace coppice;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

std::atomic<long> sent{0};
std::atomic<long> handled{0};
std::atomic<bool> over{false};

struct shout {};
struct again {};

/// Works for a fixed time on each message.
struct receiver {
    explicit receiver(std::chrono::microseconds work) : work_{work} {}
    void handle_cast(shout) {
        const auto until = steady::now() + work_;
        while (work_ > 0us && steady::now() < until) {
        }
        handled.fetch_add(1, std::memory_order_relaxed);
    }
    std::chrono::microseconds work_;
};

void cast_to(const server<receiver>& to) {
    sent.fetch_add(1, std::memory_order_relaxed);
    to.cast(shout{});
}

/// A gen_server that casts `times` messages for each message received.
struct caster {
    caster(const server<receiver>& to, int times) : to_{to}, times_{times} {
        server<caster>{self()}.cast(again{});
    }
    void handle_cast(again) {
        if (over) {
            return;
        }
        for (int i = 0; i < times_; ++i) {
            cast_to(to_);
        }
        server<caster>{self()}.cast(again{});
    }
    server<receiver> to_;
    int times_;
};

task<> cast_in_a_loop(server<receiver> to) {
    while (!over) {
        cast_to(to);
        co_await yield_if_due();
    }
}

void cast_from_outside(runtime& world, const pid& to) {
    while (!over) {
        sent.fetch_add(1, std::memory_order_relaxed);
        world.cast(server<receiver>{to}, shout{});
    }
}

int times_of(std::string_view kind) {
    return kind == "cast_1" ? 1 : kind == "cast_10" ? 10 : 100;
}

long watch(steady::duration time) {
    long most = 0;
    for (const auto end = steady::now() + time; steady::now() < end;) {
        most = std::max(most, sent.load() - handled.load());
        std::this_thread::sleep_for(200us);
    }
    return most;
}

double peak_mib() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_maxrss) / 1024.0;
}

void measure(std::string_view kind, int senders, std::chrono::microseconds work,
             steady::duration time) {
    runtime world;
    world.start();
    std::atomic<bool> ready{false};
    pid to;
    world.spawn([&]() -> task<> {
        const server<receiver> slow{(co_await start_link<receiver>(work)).process()};
        to = slow.whereis();
        for (int i = 0; i < senders && kind != "outside"; ++i) {
            if (kind == "loop") {
                spawn(cast_in_a_loop, slow);
            } else {
                co_await start<caster>(slow, times_of(kind));
            }
        }
        ready = true;
        co_await receive<again>();
    });
    while (!ready) {
        std::this_thread::yield();
    }
    std::vector<std::thread> outside;
    for (int i = 0; i < senders && kind == "outside"; ++i) {
        outside.emplace_back([&] { cast_from_outside(world, to); });
    }
    const long most = watch(time);
    over = true;
    for (std::thread& each : outside) {
        each.join();
    }
    const double rate =
        static_cast<double>(handled.load()) / std::chrono::duration<double>(time).count();
    std::printf("| %s | %d | %ld | %ld | %.0f | %.0f |\n", std::string{kind}.c_str(), senders,
                static_cast<long>(work.count()), most, peak_mib(), rate);
    std::fflush(stdout);
    // Skip the shutdown: the rest of the queue need not be handled.
    std::_Exit(0);
}

void measure_apart(const char* kind, int senders, int work) {
    if (const pid_t child = fork(); child == 0) {
        measure(kind, senders, std::chrono::microseconds{work}, 2s);
    } else {
        waitpid(child, nullptr, 0);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 5) {
        measure(arguments[1], std::atoi(arguments[2]),
                std::chrono::microseconds{std::atoi(arguments[3])},
                std::chrono::seconds{std::atoi(arguments[4])});
    }
    std::puts(
        "| sender | senders | work, us | largest backlog | peak, MiB | handled a second |\n"
        "|---|---:|---:|---:|---:|---:|");
    std::fflush(stdout);
    for (const char* kind : {"loop", "cast_1", "cast_10", "cast_100", "outside"}) {
        for (const int senders : {1, 5, 100}) {
            for (const int work : {0, 4, 100}) {
                measure_apart(kind, senders, work);
            }
        }
    }
}
