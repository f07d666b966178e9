// SPDX-License-Identifier: Apache-2.0
// Refusals of a runtime: waits without a sure end, and threads outside of a simulation.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"
#include "support/sanitizers.hpp"
#include "support/stopping_world.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::in_every_world;
using test::patience;
using test::workers;
using stage = test::stopping_world;
using test::diary;
using words = std::vector<std::string>;

TEST(runtime_before_its_start, refuses_all_waits) {
    runtime world{workers(1)};
    const pid waiting = world.spawn([] {});
    EXPECT_THROW(world.wait(waiting, 1ms), std::logic_error);
    EXPECT_THROW(world.wait(waiting), std::logic_error);
    EXPECT_THROW(world.run([] {}), std::logic_error);
    EXPECT_THROW(world.wait_for_stop_request(1ms), std::logic_error);
    try {
        world.wait(waiting);
    } catch (const std::logic_error& refused) {
        EXPECT_STREQ(refused.what(),
                     "coppice::runtime::wait: the runtime has not been started, so no process "
                     "would ever run; call start() first");
    }
    world.start();
    world.start();  // changes nothing
    EXPECT_TRUE(world.wait(waiting, patience).has_value());
}

TEST(runtime_before_its_start, stops_at_once_and_does_not_start_any_more) {
    std::atomic<bool> has_run{false};
    {
        runtime world{workers(1)};
        world.spawn([&] { has_run = true; });
        EXPECT_TRUE(world.stop());
        EXPECT_THROW(world.start(), stopped_error);
        EXPECT_TRUE(world.wait_for_stop_request(0ns));
    }
    EXPECT_FALSE(has_run);
    const runtime never_used{workers(2)};
}

/// The present memory map of the program.
std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(a_start, without_enough_threads_fails_and_can_be_repeated) {
    if (test::under_asan || test::under_tsan) {
        GTEST_SKIP() << "a sanitizer's shadow is larger than any limit";
    }
    std::atomic<int> turns{0};
    runtime world{workers(128)};
    const pid first = world.spawn([&] { ++turns; });
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
    const rlimit tight{mapped_bytes() + (std::size_t{256} << 20U), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
    EXPECT_THROW(world.start(), std::system_error);
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
    EXPECT_EQ(turns, 0);
    EXPECT_THROW(world.wait(first), std::logic_error) << "it is as before its start";
    world.start();
    EXPECT_TRUE(world.wait(first, patience).has_value());
    EXPECT_EQ(turns, 1);
    EXPECT_TRUE(world.stop(patience));
}

/// The text of the refusal of `f`; empty if `f` returns.
std::string refusal_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const std::logic_error& refused) {
        return refused.what();
    }
    return "";
}

struct echo {
    struct get {};
    int handle_call(get) const { return 7; }
};

/// Every waiting function, by name.
std::vector<std::pair<std::string, std::function<void()>>> what_waits(runtime& world) {
    return {
        {"stop", [&] { world.stop(20ms); }},
        {"flush_reports", [&] { world.flush_reports(); }},
        {"wait", [&] { world.wait(pid{}, 20ms); }},
        {"run", [&] { world.run([] {}); }},
        {"call", [&] { static_cast<void>(world.call(server<echo>{"echo"}, echo::get{}, 20ms)); }},
        {"wait_for_stop_request", [&] { world.wait_for_stop_request(20ms); }}};
}

TEST(a_process, is_refused_blocking_calls_of_its_own_runtime) {
    in_every_world([](stage& on) {
        EXPECT_EQ(on.world.run([&] {
            for (const auto& [name, call] : what_waits(on.world)) {
                EXPECT_TRUE(refusal_of(call).starts_with("coppice::runtime::" + name +
                                                         ": called by a process of the runtime"))
                    << name << ": " << refusal_of(call);
            }
            on.world.request_stop();
        }),
                  reason::normal);
        EXPECT_TRUE(on.world.wait_for_stop_request(patience));
    });
}

TEST(a_process, may_block_on_another_runtime) {
    in_every_world([](stage& on) {
        runtime other{workers(1)};
        other.start();
        EXPECT_EQ(on.world.run([&] {
            for (const auto& [name, call] : what_waits(other)) {
                if (name != "stop" && name != "run") {
                    EXPECT_EQ(refusal_of(call), "") << name;
                }
            }
            EXPECT_EQ(other.run([] {}), reason::normal);
            EXPECT_TRUE(other.stop(patience));
        }),
                  reason::normal);
    });
}

TEST(a_handler_of_reports, may_wait_for_processes_but_not_stop_or_flush) {
    for (const unsigned count : {1U, 2U, 4U}) {
        runtime* world = nullptr;
        diary said;
        runtime_options options = workers(count);
        options.level = report_level::error;
        options.on_report = [&](const report& r) {
            if (!std::holds_alternative<crash_report>(r.body)) {
                return;
            }
            for (const auto& [name, call] : what_waits(*world)) {
                const std::string refusal = refusal_of(call);
                said.note(name + (refusal.empty() ? " works" : " is refused"));
            }
            const auto answer = world->call(server<echo>{"echo"}, echo::get{}, patience);
            said.note(std::to_string(answer.value_or(0)));
            world->request_stop();
        };
        runtime watched{options};
        world = &watched;
        watched.start();
        watched.spawn([]() -> task<> {
            co_await start_link<echo>(named("echo"));
            spawn([] { exit("broken"); });
            co_await receive<int>();
        });
        EXPECT_TRUE(watched.wait_for_stop_request(patience));
        EXPECT_TRUE(watched.stop(patience));
        EXPECT_EQ(said.notes(),
                  (words{"stop is refused", "flush_reports is refused", "wait works", "run works",
                         "call works", "wait_for_stop_request works", "7"}));
        EXPECT_EQ(watched.reports_lost(), 0U);
    }
}

TEST(a_handler_of_reports_in_a_simulation, runs_inside_a_process_and_is_refused_all_waits) {
    runtime* world = nullptr;
    int refused = 0;
    runtime_options options = testing::sim_world::quiet();
    options.level = report_level::error;
    options.on_report = [&](const report&) {
        for (const auto& [name, call] : what_waits(*world)) {
            refused += refusal_of(call).empty() ? 0 : 1;
        }
        world->request_stop();
    };
    testing::sim_world simulated{1, options};
    world = &simulated.system();
    EXPECT_EQ(world->run([] { exit("broken"); }), "broken");
    EXPECT_GE(refused, 6);
    EXPECT_TRUE(world->wait_for_stop_request(0ns));
}

TEST(a_simulated_runtime, refuses_other_threads_than_its_own) {
    testing::sim_world simulated{1};
    runtime& world = simulated.system();
    const pid waits = world.spawn([]() -> task<> { co_await receive<int>(); });
    std::vector<std::pair<std::string, std::function<void()>>> uses = what_waits(world);
    uses.erase(uses.begin() + 1);  // without `flush_reports`: no report ever waits
    uses.emplace_back("spawn", [&] { world.spawn([] {}); });
    uses.emplace_back("send", [&] { world.send(waits, 1); });
    uses.emplace_back("send", [&] { world.send("echo", 1); });
    uses.emplace_back("exit", [&] { world.exit(waits, "enough"); });
    uses.emplace_back("start", [&] { world.start(); });
    uses.emplace_back("whereis", [&] { static_cast<void>(world.whereis("echo")); });
    std::thread other{[&] {
        for (const auto& [name, call] : uses) {
            const std::string refusal = refusal_of(call);
            EXPECT_NE(refusal.find("a simulated runtime was used on another thread"),
                      std::string::npos)
                << name << ": " << refusal;
        }
        EXPECT_NE(refusal_of([&] { simulated.run_until_idle(); }), "");
        EXPECT_NE(refusal_of([&] { simulated.advance(1s); }), "");
        EXPECT_NE(refusal_of([&] { simulated.advance_to_next_timer(1s); }), "");
        EXPECT_NE(refusal_of([&] { simulated.run([] {}); }), "");
        world.request_stop();
    }};
    other.join();
    EXPECT_TRUE(world.wait_for_stop_request(0ns));
    world.send(waits, 1);
    EXPECT_EQ(world.wait(waits, 1s), reason::normal);
}

}  // namespace
}  // namespace coppice
