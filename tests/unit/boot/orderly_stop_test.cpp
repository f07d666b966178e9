// SPDX-License-Identifier: Apache-2.0
// The end of a runtime: who is asked when, who is named, and how long it takes.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"
#include "support/sanitizers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::patience;

using words = std::vector<std::string>;

/// What happened, noted from any thread.
class diary {
  public:
    void note(std::string what) {
        const std::scoped_lock lock{mutex_};
        notes_.push_back(std::move(what));
    }
    words notes() const {
        const std::scoped_lock lock{mutex_};
        return notes_;
    }

  private:
    mutable std::mutex mutex_;
    words notes_;
};

struct stage;
/// Where the processes of the present test find it.
stage* here = nullptr;

/// A world to stop, of each kind; what the processes of a test share is made anew for each.
struct stage {
    explicit stage(runtime& w) : world{w} { here = this; }

    runtime& world;
    diary said;
    std::atomic<int> ready{0};

    /// Returns when so many have said that they are.
    void wait_for(int wanted) const {
        while (ready < wanted) {
            world.run([] {});
        }
    }
};

void in_every_world(const std::function<void(stage&)>& test) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        SCOPED_TRACE("simulated with seed " + std::to_string(seed));
        testing::sim_world world{seed};
        stage on{world.system()};
        test(on);
    }
    for (const unsigned workers : {1U, 2U, 4U}) {
        SCOPED_TRACE("with " + std::to_string(workers) + " workers");
        runtime_options options = testing::sim_world::quiet();
        options.workers = workers;
        runtime world{options};
        world.start();
        stage on{world};
        test(on);
    }
}

task<> obeys(std::string name) {
    trap_exit(true);
    ++here->ready;
    const auto asked = co_await receive<exit_message>();
    here->said.note(name);
    exit(asked.why);
}

task<> defies() {
    trap_exit(true);
    ++here->ready;
    for (;;) {
        co_await receive<exit_message>();
    }
}

/// A server that takes its time to end, and says when it has.
struct store {
    explicit store(std::string n) : name{std::move(n)} {
        trap_exit(true);
        ++here->ready;
    }
    task<> terminate(exit_reason) {
        co_await sleep(5ms);
        here->said.note(name);
    }
    std::string name;
};

struct defiant_store {
    defiant_store() {
        trap_exit(true);
        ++here->ready;
    }
    task<> terminate(exit_reason) { co_await receive<std::string>(); }
};

TEST(stop, asks_what_was_started_from_outside_newest_first) {
    in_every_world([](stage& on) {
        for (const char* name : {"first", "second", "third"}) {
            on.world.spawn(obeys, std::string{name});
        }
        on.wait_for(3);
        EXPECT_TRUE(on.world.stop(patience));
        EXPECT_EQ(on.said.notes(), (words{"third", "second", "first"}));
    });
}

TEST(stop, lets_a_supervisor_without_its_parent_stop_its_children_before_it_asks_the_rest) {
    in_every_world([](stage& on) {
        on.world.spawn([]() -> task<> {
            spawn(obeys, std::string{"rest"});
            co_await supervisor::start_link(
                children(child<store>(std::string{"older"}).id("older"),
                         child<store>(std::string{"newer"}).id("newer")));
            co_await receive<int>();
        });
        on.wait_for(3);
        EXPECT_TRUE(on.world.stop(patience));
        EXPECT_EQ(on.said.notes(), (words{"newer", "older", "rest"}));
    });
}

TEST(stop, asks_everybody_behind_processes_that_ignore_it_and_names_those_alone) {
    for (const int defying : {1, 3}) {
        in_every_world([&](stage& on) {
            on.world.spawn(obeys, std::string{"oldest"});
            on.world.spawn([]() -> task<> {
                co_await supervisor::start_link(children(child<store>(std::string{"store"})));
                co_await receive<int>();
            });
            on.wait_for(2);
            std::vector<pid> named;
            for (int i = 0; i < defying; ++i) {
                named.push_back(on.world.spawn(defies));
            }
            on.wait_for(2 + defying);
            const stop_result stopped = on.world.stop(400ms);
            EXPECT_EQ(on.said.notes(), (words{"oldest", "store"}));
            EXPECT_EQ(stopped.blocking.size(), named.size());
            for (const pid& each : named) {
                EXPECT_TRUE(stopped.names(each));
            }
        });
    }
}

TEST(stop, asks_the_siblings_of_a_child_that_ignores_it_and_does_not_name_their_supervisors) {
    in_every_world([](stage& on) {
        on.world.spawn([]() -> task<> {
            trap_exit(true);
            co_await supervisor::start_link(
                children(child<store>(std::string{"older"}).id("older"),
                         child_with_start("tree",
                                          [] {
                                              return supervisor::start_link(
                                                  children(child<store>(std::string{"cousin"})));
                                          })
                             .type(child_type::supervisor),
                         child<defiant_store>().name("defiant").shutdown(infinity)));
            exit((co_await receive<exit_message>()).why);
        });
        on.wait_for(3);
        const pid defiant = on.world.whereis("defiant");
        const stop_result stopped = on.world.stop(400ms);
        EXPECT_EQ(on.said.notes(), (words{"cousin", "older"}));
        EXPECT_EQ(stopped.blocking.size(), 1U);
        EXPECT_TRUE(stopped.names(defiant));
        EXPECT_GE(stopped.killed, 2U) << "its supervisor waited for it";
    });
}

TEST(stop, without_time_asks_nobody_and_kills_everybody) {
    for (const auto limit : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        in_every_world([&](stage& on) {
            on.world.spawn(obeys, std::string{"obeys"});
            on.world.spawn(defies);
            on.wait_for(2);
            const stop_result stopped = on.world.stop(limit);
            EXPECT_TRUE(stopped);
            EXPECT_EQ(stopped.killed, 2U);
            EXPECT_EQ(on.said.notes(), words{});
            EXPECT_EQ(on.world.process_count(), 0U);
        });
    }
}

TEST(stop, with_all_the_time_there_is_ends_with_the_last_process) {
    in_every_world([](stage& on) {
        on.world.spawn(obeys, std::string{"obeys"});
        on.wait_for(1);
        EXPECT_TRUE(on.world.stop(no_timeout));
        EXPECT_EQ(on.said.notes(), words{"obeys"});
    });
}

TEST(stop, refuses_what_comes_from_outside_while_it_goes_on) {
    in_every_world([](stage& on) {
        runtime& world = on.world;
        world.spawn([&]() -> task<> {
            trap_exit(true);
            ++on.ready;
            co_await receive<exit_message>();
            try {
                world.spawn([] {});
            } catch (const stopped_error& refused) {
                on.said.note(refused.what());
            }
        });
        on.wait_for(1);
        EXPECT_TRUE(world.stop(patience));
        EXPECT_EQ(on.said.notes(),
                  words{"coppice::runtime::spawn: the runtime is being stopped, and "
                        "starts nothing new"});
        EXPECT_THROW(world.spawn([] {}), stopped_error);
        EXPECT_THROW(world.run([] {}), stopped_error);
        EXPECT_THROW(world.start(), stopped_error);
    });
}

TEST(stop, again_gives_the_same_answer) {
    in_every_world([](stage& on) {
        const pid defiant = on.world.spawn(defies);
        on.wait_for(1);
        EXPECT_TRUE(on.world.stop(40ms).names(defiant));
        EXPECT_TRUE(on.world.stop(patience).names(defiant));
    });
}

/// Of this program, at present.
std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

runtime_options workers(unsigned count, std::chrono::nanoseconds stuck_after = 100ms) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = count;
    options.stuck_after = stuck_after;
    return options;
}

class stop_on : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(workers, stop_on, ::testing::Values(1U, 2U, 4U));

TEST_P(stop_on, gives_a_handler_until_the_deadline_to_return) {
    std::atomic<bool> entered{false};
    std::atomic<bool> leave{false};
    runtime world{workers(GetParam(), 5ms)};
    world.start();
    world.spawn([&] {
        entered = true;
        while (!leave) {
            std::this_thread::yield();
        }
    });
    std::thread releases{[&] {
        // It has been ended by then, as far as anybody can tell but its own thread.
        EXPECT_TRUE(eventually([&] { return entered && world.process_count() == 0; }));
        leave = true;
    }};
    ASSERT_TRUE(eventually([&] { return entered.load(); }));
    const stop_result stopped = world.stop(patience);
    releases.join();
    EXPECT_TRUE(stopped) << to_string(stopped.blocking.at(0));
}

TEST_P(stop_on, names_the_handler_that_does_not_return_and_nobody_else) {
    const auto entered = std::make_shared<std::atomic<bool>>(false);
    const auto leave = std::make_shared<std::atomic<bool>>(false);
    {
        runtime world{workers(GetParam(), 5ms)};
        world.start();
        for (int i = 0; i < 20; ++i) {
            world.spawn([]() -> task<> { co_await receive<int>(); });
        }
        const pid stuck = world.spawn([entered, leave] {
            *entered = true;
            while (!*leave) {
                std::this_thread::yield();
            }
        });
        ASSERT_TRUE(eventually([&] { return entered->load(); }));
        const stop_result stopped = world.stop(test::under_tsan ? 5s : 1s);
        ASSERT_EQ(stopped.blocking.size(), 1U);
        EXPECT_TRUE(stopped.names(stuck));
        EXPECT_TRUE(stopped.blocking[0].stuck);
    }
    *leave = true;
}

TEST_P(stop_on, two_threads_ends_for_both_when_everything_has_ended) {
    runtime world{workers(GetParam())};
    stage on{world};
    world.start();
    world.spawn([]() -> task<> {
        co_await supervisor::start_link(children(child<store>(std::string{"store"})));
        co_await receive<int>();
    });
    on.wait_for(1);
    std::vector<std::thread> stops;
    for (int i = 0; i < 2; ++i) {
        stops.emplace_back([&] {
            EXPECT_TRUE(world.stop(patience));
            EXPECT_EQ(on.said.notes(), words{"store"});
            EXPECT_EQ(world.process_count(), 0U);
        });
    }
    for (std::thread& each : stops) {
        each.join();
    }
}

TEST_P(stop_on, two_threads_takes_the_shorter_time) {
    runtime world{workers(GetParam())};
    stage on{world};
    world.start();
    world.spawn(defies);
    on.wait_for(1);
    std::thread waits_for_ever{[&] { world.stop(no_timeout); }};
    EXPECT_TRUE(world.wait_for_stop_request(patience));
    world.stop(20ms);
    waits_for_ever.join();
    EXPECT_EQ(world.process_count(), 0U);
}

TEST(runtime_before_its_start, refuses_to_wait_for_what_cannot_happen) {
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
                     "coppice::runtime::wait: the runtime has not been started, so nothing would "
                     "ever happen; call start() first");
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

TEST(a_start, without_enough_threads_has_not_happened_and_may_be_tried_again) {
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

/// What is said to whoever calls `f`; empty if it is done.
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

/// All that wait, by name.
std::vector<std::pair<std::string, std::function<void()>>> what_waits(runtime& world) {
    return {
        {"stop", [&] { world.stop(20ms); }},
        {"flush_reports", [&] { world.flush_reports(); }},
        {"wait", [&] { world.wait(pid{}, 20ms); }},
        {"run", [&] { world.run([] {}); }},
        {"call", [&] { static_cast<void>(world.call(server<echo>{"echo"}, echo::get{}, 20ms)); }},
        {"wait_for_stop_request", [&] { world.wait_for_stop_request(20ms); }}};
}

TEST(a_process, is_refused_where_its_runtime_would_wait_for_it) {
    in_every_world([](stage& on) {
        EXPECT_EQ(on.world.run([&] {
            for (const auto& [name, call] : what_waits(on.world)) {
                EXPECT_TRUE(refusal_of(call).starts_with(
                    "coppice::runtime::" + name + ": called by one of the runtime's own processes"))
                    << name << ": " << refusal_of(call);
            }
            on.world.request_stop();
        }),
                  reason::normal);
        EXPECT_TRUE(on.world.wait_for_stop_request(patience));
    });
}

TEST(a_process, may_use_another_runtime_as_any_thread_may) {
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

TEST(a_handler_of_reports, may_wait_for_processes_and_not_for_itself) {
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

TEST(a_handler_of_reports_in_a_simulation, runs_inside_of_a_process_and_waits_for_none) {
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
    uses.erase(uses.begin() + 1);  // no report ever waits
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
