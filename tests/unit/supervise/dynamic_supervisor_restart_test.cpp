// SPDX-License-Identifier: Apache-2.0
// Dynamic supervisors: restarts, failing restarts, restart limits.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr int practically_unlimited = 1000000;

task<pid> add(dynamic_supervisor d, child_spec spec) {
    const child_result added = co_await d.start_child(std::move(spec));
    co_return added.value();
}

/// The status of each child, "alive" or "restarting", in no particular order.
task<std::string> statuses(dynamic_supervisor d) {
    const auto list = co_await d.which_children();
    std::string out;
    for (const child_info& each : list) {
        out += (out.empty() ? "" : " ") + std::string{to_string(each.status)};
        EXPECT_EQ(static_cast<bool>(each.process), each.status == child_status::running);
    }
    co_return out;
}

/// Whether a child that ended by itself is started again. If not, the supervisor has to forget the child.
bool restarted(restart_type restart, const exit_reason& why) {
    testing::sim_world world;
    bool out = false;
    const auto ended = world.run([&]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = co_await add(d, obedient("a").restart(restart));
        const pid bystander = co_await add(d, obedient("b"));
        co_await end(a, why);
        const auto list = co_await d.which_children();
        out = list.size() == 2;
        for (const child_info& each : list) {
            EXPECT_EQ(each.status, child_status::running);
            EXPECT_NE(each.process, a);
        }
        EXPECT_EQ(shown(co_await d.count_children()), out ? "2 2 0 2" : "1 1 0 1");
        EXPECT_TRUE(co_await is_alive(bystander));
        EXPECT_EQ((co_await d.terminate_child(a)).error(), "not_found");
        co_await stop(d.whereis());
    });
    EXPECT_EQ(ended, reason::normal);
    return out;
}

TEST(a_dynamic_child_that_ends, is_restarted_or_forgotten_by_its_type_and_reason) {
    const std::vector<exit_reason> quiet{reason::normal, reason::shutdown,
                                         reason::shutdown_with("x")};
    const std::vector<exit_reason> loud{"boom", reason::kill, reason::noproc};
    for (const exit_reason& why : quiet) {
        EXPECT_TRUE(restarted(permanent, why)) << why;
        EXPECT_FALSE(restarted(transient, why)) << why;
        EXPECT_FALSE(restarted(temporary, why)) << why;
    }
    for (const exit_reason& why : loud) {
        EXPECT_TRUE(restarted(permanent, why)) << why;
        EXPECT_TRUE(restarted(transient, why)) << why;
        EXPECT_FALSE(restarted(temporary, why)) << why;
    }
}

TEST(a_dynamic_restart, that_is_ignored_forgets_the_child) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic({.max_children = 1});
        const script_ptr plot = script_of(answer::ok, answer::ignore);
        co_await end(co_await add(d, scripted("a", plot)), "boom");
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
        EXPECT_EQ(plot->starts, 2);
        EXPECT_TRUE((co_await d.start_child(obedient("b"))).ok());
        co_await stop(d.whereis());
    });
}

TEST(a_dynamic_restart, that_fails_is_tried_again_and_may_succeed_within_the_limit) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        for (const int limit : {2, 1}) {
            const dynamic_supervisor d = co_await started_dynamic({.max_restarts = limit});
            const script_ptr plot = script_of(answer::ok, answer::error);
            co_await end(co_await add(d, scripted("a", plot)), "boom");
            EXPECT_EQ(co_await is_alive(d.whereis()), limit == 2);
            if (limit == 2) {
                EXPECT_EQ(co_await statuses(d), "alive");
                EXPECT_EQ(plot->starts, 3);
                EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
                co_await stop(d.whereis());
            }
            const exit_reason why = (co_await receive<exit_message>()).why;
            EXPECT_EQ(why, limit == 2 ? reason::normal : reason::shutdown);
        }
    });
}

TEST(a_dynamic_restart, that_fails_in_any_way_leaves_the_child_restarting) {
    run_simulated([]() -> task<> {
        for (const auto how : {answer::error, answer::crash, answer::leave, answer::raise}) {
            const dynamic_supervisor d =
                co_await started_dynamic({.max_restarts = practically_unlimited});
            const script_ptr plot = script_of(answer::ok, answer::error, how);
            plot->then = answer::error;
            const pid a = co_await add(d, scripted("a", plot));
            plot->init_takes = 1ms;
            exit(a, "boom");
            co_await sleep(10ms);
            EXPECT_EQ(co_await statuses(d), "restarting");
            EXPECT_EQ(shown(co_await d.count_children()), "1 0 0 1");
            co_await stop(d.whereis());
        }
    });
}

TEST(a_dynamic_child_that_is_being_restarted,
     counts_toward_max_children_and_is_known_by_its_last_pid) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d =
            co_await started_dynamic({.max_restarts = practically_unlimited, .max_children = 2});
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const pid a = co_await add(d, scripted("a", plot));
        const pid b = co_await add(d, obedient("b"));
        plot->init_takes = 1ms;
        exit(a, "boom");
        co_await sleep(10ms);
        EXPECT_EQ(shown(co_await d.count_children()), "2 1 0 2");
        EXPECT_EQ((co_await d.start_child(obedient("c"))).error(), "max_children");
        EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
        EXPECT_EQ((co_await d.terminate_child(a)).error(), "not_found");
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
        const int starts = plot->starts;
        EXPECT_TRUE((co_await d.start_child(obedient("c"))).ok());
        co_await sleep(1s);
        EXPECT_EQ(plot->starts, starts);
        EXPECT_TRUE(co_await is_alive(b));
        co_await stop(d.whereis());
    });
}

TEST(a_dynamic_supervisor_that_restarts_for_ever, obeys_a_shutdown) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d =
            co_await started_dynamic({.max_restarts = practically_unlimited});
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const pid a = co_await add(d, scripted("a", plot));
        const pid b = co_await add(d, obedient("b"));
        plot->init_takes = 1ms;
        exit(a, "boom");
        co_await sleep(10ms);
        const auto before = detail::now();
        exit(d.whereis(), reason::shutdown);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
        EXPECT_LE(detail::now() - before, 1ms);
        EXPECT_FALSE(co_await is_alive(b));
    });
}

/// The number of restarts that a dynamic supervisor survives, up to eight.
int tolerated(dynamic_supervisor_flags flags, std::chrono::nanoseconds between = 0s) {
    testing::sim_world world;
    int survived = 0;
    world.run([&]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic(flags);
        co_await add(d, obedient("a"));
        while (survived < 8) {
            const auto list = co_await d.which_children();
            co_await end(list.at(0).process, "boom");
            if (!co_await is_alive(d.whereis())) {
                EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
                break;
            }
            ++survived;
            co_await sleep(between);
        }
    });
    return survived;
}

TEST(max_restarts, of_a_dynamic_supervisor_is_the_number_that_is_tolerated) {
    for (const int limit : {0, 1, 2, 5}) {
        EXPECT_EQ(tolerated({.max_restarts = limit}), limit);
    }
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 1s}, 2100ms), 8);
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 5s}, 4s), 1);
}

TEST(max_seconds, of_a_dynamic_supervisor_includes_its_edge) {
    // Each crash follows the restart before by the given time and a microsecond. The window counts whole
    // seconds of the clock: 0 and 5, or 0 and 6.
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 5s}, 5900ms), 1);
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 5s}, 6s), 8);
}

TEST(max_restarts, is_reached_by_retries_alone_and_takes_the_other_children_down) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 3});
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const pid a = co_await add(d, scripted("a", plot));
        const pid b = co_await add(d, obedient("b"));
        co_await end(a, "boom");
        const exit_message gone = co_await receive<exit_message>();
        EXPECT_EQ(gone.from, d.whereis());
        EXPECT_EQ(gone.why, reason::shutdown);
        EXPECT_EQ(plot->starts, 1 + 3);
        EXPECT_FALSE(co_await is_alive(b));
    });
}

TEST(a_dynamic_restart, replaces_the_crashed_child_and_no_other) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = co_await add(d, obedient("a").name("a"));
        const pid b = co_await add(d, obedient("b").name("b"));
        exit(a, reason::kill);
        while (!whereis("a") || whereis("a") == a) {
            co_await yield();
        }
        EXPECT_EQ(whereis("b"), b);
        EXPECT_EQ(shown(co_await d.count_children()), "2 2 0 2");
        EXPECT_TRUE((co_await d.terminate_child(whereis("a"))).has_value());
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
        co_await stop(d.whereis());
    });
}

TEST(a_dynamic_supervisor, that_is_killed_takes_its_children_along) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = co_await add(d, obedient("a"));
        const pid b = co_await add(d, slow("b", 0s));
        exit(d.whereis(), reason::kill);
        co_await end_of(a);
        co_await end_of(b);
        EXPECT_FALSE(co_await is_alive(a));
        EXPECT_FALSE(co_await is_alive(b));
    });
}

TEST(a_temporary_dynamic_child, that_crashes_leaves_nothing_that_could_be_started) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 0});
        const script_ptr plot = script_of();
        for (int i = 0; i < 5; ++i) {
            co_await end(co_await add(d, scripted("a", plot).restart(temporary)), "boom");
        }
        EXPECT_EQ(plot->starts, 5);
        EXPECT_EQ(plot.use_count(), 1);  // the supervisor dropped each start function
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
        co_await add(d, scripted("a", plot).restart(temporary));
        EXPECT_EQ(plot.use_count(), 1);
        co_await add(d, scripted("a", plot).restart(transient));
        EXPECT_GT(plot.use_count(), 1);
        co_await stop(d.whereis());
    });
}

TEST(terminate_child, meets_a_crash_of_a_dynamic_child_without_a_restart) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic({.max_restarts = 0});
        const script_ptr plot = script_of();
        const pid a = co_await add(d, scripted("a", plot));
        const pid busy = co_await add(d, slow("busy", 1s));
        const auto stops = [d](pid who) -> task<> { co_await d.terminate_child(who); };
        spawn(stops, busy);
        co_await settle();
        const pid second = spawn(stops, a);  // waits behind the stop of busy, before the crash
        co_await settle();
        kid::end told{"boom"};
        server<kid>{a}.cast(told);
        EXPECT_EQ(co_await end_of(second), reason::normal);
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
        EXPECT_EQ(plot->starts, 1);
        co_await stop(d.whereis());
    });
}

}  // namespace
}  // namespace coppice
