// SPDX-License-Identifier: Apache-2.0
// The cost of single operations on one scheduler thread.

#include <benchmark/benchmark.h>

#include "coppice/coppice.hpp"

namespace {

using namespace coppice;

struct token {};

struct counter {
    struct get {};
    int handle_call(get) const { return 1; }
};

/// Runs `body(iterations)` in a runtime of one scheduler thread and measures the whole run.
template <class Body>
void measure(benchmark::State& state, Body body) {
    constexpr int iterations = 100000;
    runtime_options options;
    options.workers = 1;
    options.level = report_level::off;
    runtime world{options};
    world.start();
    for (auto unused : state) {
        static_cast<void>(unused);
        const exit_reason ended = world.run([body]() -> task<> { co_await body(iterations); });
        if (!(ended == reason::normal)) {
            state.SkipWithError(to_string(ended).c_str());
        }
    }
    state.SetItemsProcessed(state.iterations() * iterations);
}

task<> ping_pong(int count) {
    const pid me = self();
    const pid peer = spawn([me]() -> task<> {
        for (;;) {
            co_await receive<token>();
            send(me, token{});
        }
    });
    for (int i = 0; i < count; ++i) {
        send(peer, token{});
        co_await receive<token>();
    }
    exit(peer, reason::kill);
}

task<> calls(int count) {
    const server<counter> s = (co_await start<counter>()).value();
    for (int i = 0; i < count; ++i) {
        benchmark::DoNotOptimize(co_await s.call(counter::get{}));
    }
    co_await stop(s);
}

task<> spawns(int count) {
    trap_exit(true);
    for (int i = 0; i < count; ++i) {
        spawn_link([] {});
        co_await receive<exit_message>();
    }
}

task<> restarts(int count) {
    const auto top = co_await supervisor::start_link(children(child<counter>().name("counter")),
                                                     {.max_restarts = 1000000000});
    const server<counter> s{"counter"};
    for (int i = 0; i < count; ++i) {
        const pid before = s.whereis();
        exit(before, reason::kill);
        while (!s.whereis() || s.whereis() == before) {
            co_await yield();
        }
        benchmark::DoNotOptimize(co_await s.call(counter::get{}));
    }
    co_await stop(top.process());
}

task<> timers(int count) {
    for (int i = 0; i < count; ++i) {
        benchmark::DoNotOptimize(cancel_timer(send_after(std::chrono::hours{1}, self(), token{})));
    }
    co_return;
}

void bm_ping_pong(benchmark::State& state) {
    measure(state, ping_pong);
}
void bm_call(benchmark::State& state) {
    measure(state, calls);
}
void bm_spawn_and_exit(benchmark::State& state) {
    measure(state, spawns);
}
void bm_kill_and_restart(benchmark::State& state) {
    measure(state, restarts);
}
void bm_timer_set_and_cancel(benchmark::State& state) {
    measure(state, timers);
}

BENCHMARK(bm_ping_pong)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bm_call)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bm_spawn_and_exit)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bm_kill_and_restart)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(bm_timer_set_and_cancel)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
