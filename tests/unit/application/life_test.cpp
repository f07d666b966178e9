// SPDX-License-Identifier: Apache-2.0
// Goal: an application starts and stops as in OTP: the callbacks in time, with the answers of
// application:start and application:stop.
// Method: applications with a behaviour given in the environment; OTP's experiments on application.

#include <gtest/gtest.h>

#include "support/applications.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(application, runs_until_it_is_stopped) {
    run_everywhere([]() -> task<> {
        const auto begun = co_await application::start<ap>();
        EXPECT_EQ(shown(begun), "ok");
        EXPECT_TRUE(whereis("ap_top"));
        EXPECT_EQ(names_of(application::which_applications()), "ap");
        const auto ended = co_await application::stop<ap>();
        EXPECT_EQ(shown(ended), "ok");
        EXPECT_FALSE(whereis("ap_top"));
        EXPECT_EQ(names_of(application::which_applications()), "");
        EXPECT_EQ(names_of(application::loaded_applications()), "ap");
        EXPECT_EQ(noted(), "start ap prep_stop ap up stop ap down");
    });
}

TEST(application, is_started_once_and_stopped_once) {
    run_everywhere([]() -> task<> {
        co_await application::start<ap>();
        const auto again = co_await application::start<ap>();
        EXPECT_EQ(shown(again), "{already_started,ap}");
        co_await application::stop<ap>();
        const auto too_late = co_await application::stop<ap>();
        EXPECT_EQ(shown(too_late), "{not_started,ap}");
        const auto never = co_await application::stop<phased>();
        EXPECT_EQ(shown(never), "{not_started,phased}");
        const auto later = co_await application::start<ap>();
        EXPECT_EQ(shown(later), "ok");
    });
}

TEST(application, is_started_by_name_once_it_is_loaded) {
    run_everywhere([]() -> task<> {
        const auto unknown = co_await application::start("ap");
        EXPECT_EQ(shown(unknown), "{not_loaded,ap}");
        EXPECT_EQ(shown(application::load<ap>()), "ok");
        EXPECT_EQ(shown(application::load<ap>()), "{already_loaded,ap}");
        const auto known = co_await application::start("ap");
        EXPECT_EQ(shown(known), "ok");
        EXPECT_EQ(shown(application::unload("ap")), "{running,ap}");
        co_await application::stop("ap");
        EXPECT_EQ(shown(application::unload("ap")), "ok");
        EXPECT_EQ(shown(application::unload("ap")), "{not_loaded,ap}");
    });
}

TEST(application, starts_once_for_concurrent_start_requests) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (int i = 0; i < 3; ++i) {
            spawn([me]() -> task<> {
                const auto begun = co_await application::start<ap>();
                send(me, shown(begun));
            });
        }
        std::string answers;
        for (int i = 0; i < 3; ++i) {
            const auto next = co_await receive<std::string>();
            answers += next + " ";
        }
        // A start request after the start gets `already_started` instead.
        EXPECT_NE(answers.find("ok "), std::string::npos) << answers;
        EXPECT_EQ(noted(), "start ap");
    });
}

TEST(application, is_a_library_without_a_top_process) {
    run_everywhere([]() -> task<> {
        const auto begun = co_await application::start<library>();
        EXPECT_EQ(shown(begun), "ok");
        const auto running = application::which_applications();
        EXPECT_EQ(running.at(0).name, "library");
        EXPECT_EQ(running.at(0).version, "2.1");
        EXPECT_EQ(running.at(0).description, "No process of its own");
        EXPECT_FALSE(running.at(0).master);
        const auto again = co_await application::start<library>();
        EXPECT_EQ(shown(again), "{already_started,library}");
        const auto ended = co_await application::stop<library>();
        EXPECT_EQ(shown(ended), "ok");
    });
}

task<std::string> start_that(std::string does) {
    application::put_env("ap", "start", std::move(does));
    const auto begun = co_await application::start<ap>();
    EXPECT_EQ(names_of(application::which_applications()), "");
    EXPECT_FALSE(whereis("ap_top"));
    co_return shown(begun);
}

TEST(application, returns_the_reason_of_a_failed_start) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(co_await start_that("error"), "{no_luck,{ap,start,normal}}");
        EXPECT_EQ(co_await start_that("ignore"), "{bad_return,{{ap,start,normal},ignore}}");
        EXPECT_EQ(co_await start_that("leave"), "{bad_return,{{ap,start,normal},{'EXIT',normal}}}");
        const std::string crashed = co_await start_that("crash");
        EXPECT_TRUE(crashed.starts_with("{bad_return,{{ap,start,normal},{'EXIT',")) << crashed;
        application::delete_env("ap", "start");
        const auto begun = co_await application::start<ap>();
        EXPECT_EQ(shown(begun), "ok");
    });
}

struct without_a_top {
    static constexpr std::string_view name = "without_a_top";
    pid start() { return {}; }
};
struct with_a_stranger {
    static constexpr std::string_view name = "with_a_stranger";
    pid start() {
        return spawn([]() -> task<> { co_await receive<int>(); });
    }
};

TEST(application, needs_a_top_process_and_links_to_it) {
    run_everywhere([]() -> task<> {
        const auto without = co_await application::start<without_a_top>();
        EXPECT_EQ(shown(without), "{bad_return,{{without_a_top,start,normal},undefined}}");
        const auto with = co_await application::start<with_a_stranger>();
        EXPECT_EQ(shown(with), "ok");
        const pid top = application::which_applications().at(0).top;
        exit(top, "boom");
        co_await until_ended("with_a_stranger");
    });
}

TEST(application, begins_its_phases_in_order_when_the_tree_is_up) {
    run_everywhere([]() -> task<> {
        const auto begun = co_await application::start<phased>();
        EXPECT_EQ(shown(begun), "ok");
        EXPECT_EQ(noted(), "start phased phase one phased up phase two phased up");
    });
}

TEST(application, leaves_its_tree_running_when_a_phase_fails) {
    run_everywhere([]() -> task<> {
        application::put_env("phased", "phase_two", "error");
        const auto begun = co_await application::start<phased>();
        EXPECT_EQ(shown(begun), "{pf,{phased,start_phase,two}}");
        EXPECT_EQ(names_of(application::which_applications()), "");
        const pid leaked = whereis("phased_top");
        EXPECT_TRUE(leaked);
        const bool lives = co_await is_alive(leaked);
        EXPECT_TRUE(lives);
        EXPECT_EQ(noted(), "start phased phase one phased up phase two phased up");
        exit(leaked, reason::kill);
        co_await end_of(leaked);

        application::put_env("phased", "phase_one", "crash");
        const auto crashed = co_await application::start<phased>();
        EXPECT_TRUE(shown(crashed).starts_with("{bad_return,{{phased,start_phase,one},{'EXIT',"))
            << shown(crashed);
        EXPECT_EQ(noted(), "start phased phase one phased up");
    });
}

TEST(application, stops_though_its_callbacks_crash) {
    run_everywhere([]() -> task<> {
        application::put_env("ap", "prep_stop", "crash");
        application::put_env("ap", "stop", "crash");
        co_await application::start<ap>();
        const auto ended = co_await application::stop<ap>();
        EXPECT_EQ(shown(ended), "ok");
        EXPECT_EQ(noted(), "start ap prep_stop ap up stop ap down");
    });
}

/// Spawns a process that spawns the next, unlinked and trapping exits, `left` times; the last sends its pid.
task<> stray(int left, pid told) {
    trap_exit(true);
    if (left > 0) {
        spawn(stray, left - 1, told);
    } else {
        send(told, self());
    }
    for (;;) {
        co_await receive<int>();
    }
}

struct straying {
    static constexpr std::string_view name = "straying";
    auto start() {
        const pid told = whereis("test");
        const child_spec spawns =
            child("spawns", stray, 100, told).shutdown(shutdown_limit::brutal_kill());
        return supervisor::start_link(children(spawns), {});
    }
};

TEST(application, terminates_all_its_processes_when_stopped) {
    run_everywhere([]() -> task<> {
        register_name("test", self());
        co_await application::start<straying>();
        const pid last = co_await receive<pid>();
        const std::string owner = co_await application::get_application(last);
        EXPECT_EQ(owner, "straying");
        const std::string mine = co_await application::get_application(self());
        EXPECT_EQ(mine, "");
        const pid other = spawn([]() -> task<> { co_await receive<int>(); });
        const auto ended = co_await application::stop<straying>();
        EXPECT_EQ(shown(ended), "ok");
        const bool last_lives = co_await is_alive(last);
        EXPECT_FALSE(last_lives);
        const bool other_lives = co_await is_alive(other);
        EXPECT_TRUE(other_lives);
        unregister_name("test");
    });
}

TEST(application, terminates_all_its_processes_when_its_master_is_killed) {
    run_everywhere([]() -> task<> {
        register_name("test", self());
        co_await application::start<straying>();
        const pid last = co_await receive<pid>();
        exit(application::which_applications().at(0).master, reason::kill);
        co_await end_of(last);
        co_await until_ended("straying");
        unregister_name("test");
    });
}

struct reentrant {
    static constexpr std::string_view name = "reentrant";
    task<pid> start() {
        const auto other = co_await application::start<ap>();
        note("ap " + shown(other));
        auto starting = supervisor::start_link(children(), {});
        const auto top = co_await starting;
        co_return top.process();
    }
};

TEST(application, may_start_another_application_from_its_start_callback) {
    run_everywhere([]() -> task<> {
        const auto begun = co_await application::start<reentrant>();
        EXPECT_EQ(shown(begun), "ok");
        EXPECT_EQ(noted(), "start ap ap ok");
        EXPECT_EQ(names_of(application::which_applications()), "reentrant ap");
    });
}

TEST(application, may_be_started_again_when_the_controller_was_killed) {
    run_everywhere([]() -> task<> {
        co_await application::start<ap>();
        co_await application::start<library>();
        const pid top = whereis("ap_top");
        const pid controller = whereis("application_controller");
        exit(controller, reason::kill);
        co_await end_of(controller);
        co_await end_of(top);
        const auto begun = co_await application::start<ap>();
        EXPECT_EQ(shown(begun), "ok");
        EXPECT_EQ(names_of(application::which_applications()), "ap");
    });
}

TEST(application, is_unknown_to_another_runtime) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 1;
    runtime one{options};
    runtime other{options};
    one.start();
    other.start();
    one.run([]() -> task<> {
        const auto begun = co_await application::start<ap>();
        EXPECT_EQ(shown(begun), "ok");
    });
    other.run([]() -> task<> {
        EXPECT_EQ(names_of(application::loaded_applications()), "");
        EXPECT_FALSE(application::find_env("journal", "lines").has_value());
        const auto begun = co_await application::start<ap>();
        EXPECT_EQ(shown(begun), "ok");
    });
    EXPECT_TRUE(one.stop());
    EXPECT_TRUE(static_cast<bool>(other.whereis("ap_top")));
}

std::vector<std::string> order_of_ends;

task<start_result<kid>> start_kid() {
    const kid::manners how;
    auto starting = start_link<kid>(how);
    co_return co_await starting;
}

runtime_options on_a_virtual_clock() {
    runtime_options options = testing::sim_world::quiet();
    options.clock = clock_kind::simulated;
    return options;
}

struct late {
    static constexpr std::string_view name = "late";
    task<start_result<kid>> start() {
        co_await sleep(1s);
        auto starting = start_kid();
        co_return co_await starting;
    }
    void stop() { order_of_ends.emplace_back("late"); }
};

TEST(an_application_that_is_starting, is_stopped_before_the_processes_that_are_older) {
    order_of_ends.clear();
    runtime world{on_a_virtual_clock()};
    world.start();
    world.spawn([]() -> task<> {
        trap_exit(true);
        co_await receive<exit_message>();
        order_of_ends.emplace_back("elder");
    });
    world.run([]() -> task<> {
        spawn([]() -> task<> { (void)co_await application::start<late>(); });
        co_await sleep(500ms);
    });
    EXPECT_TRUE(static_cast<bool>(world.stop(1h)));
    EXPECT_EQ(order_of_ends, (std::vector<std::string>{"late", "elder"}));
}

struct never {
    static constexpr std::string_view name = "never";
    task<start_result<kid>> start() {
        co_await sleep(no_timeout);
        co_return start_result<kid>{};
    }
};

struct steady {
    static constexpr std::string_view name = "steady";
    task<start_result<kid>> start() { return start_kid(); }
    void stop() { order_of_ends.emplace_back("steady"); }
};

TEST(an_application_that_never_starts, leaves_the_others_time_to_stop) {
    order_of_ends.clear();
    runtime world{on_a_virtual_clock()};
    world.start();
    world.run([]() -> task<> {
        (void)co_await application::start<steady>();
        spawn([]() -> task<> { (void)co_await application::start<never>(); });
        co_await sleep(500ms);
    });
    EXPECT_FALSE(static_cast<bool>(world.stop(10s)))
        << "the process that never starts was not killed";
    EXPECT_EQ(order_of_ends, std::vector<std::string>{"steady"});
}

}  // namespace
}  // namespace coppice
