// SPDX-License-Identifier: Apache-2.0
// The ends that cause a restart, the siblings restarted along, and the number of restarts tolerated.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// The fate of a child after an end of its own: "restarted", "kept", "forgotten".
std::string after_end(restart_type restart, const exit_reason& why, restart_strategy strategy) {
    testing::sim_world world;
    std::string out;
    world.run([&]() -> task<> {
        const supervisor s =
            co_await started(children(obedient("a").restart(restart)), {.strategy = strategy});
        const pid before = co_await child_of(s, "a");
        co_await end(before, why);
        const auto list = co_await s.which_children();
        if (list.empty()) {
            out = "forgotten";
        } else if (list[0].status == child_status::stopped) {
            out = "kept";
        } else {
            out = list[0].process != before ? "restarted" : "the same";
        }
        co_await stop(s.whereis());
    });
    return out;
}

TEST(a_child_that_ends, is_restarted_kept_or_forgotten_by_its_type_and_reason) {
    const std::vector<exit_reason> quiet{reason::normal, reason::shutdown,
                                         reason::shutdown_with("x")};
    const std::vector<exit_reason> loud{"boom", reason::killed, reason::kill, reason::noproc};
    for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
        for (const exit_reason& why : quiet) {
            EXPECT_EQ(after_end(permanent, why, strategy), "restarted") << why;
            EXPECT_EQ(after_end(transient, why, strategy), "kept") << why;
            EXPECT_EQ(after_end(temporary, why, strategy), "forgotten") << why;
        }
        for (const exit_reason& why : loud) {
            EXPECT_EQ(after_end(permanent, why, strategy), "restarted") << why;
            EXPECT_EQ(after_end(transient, why, strategy), "restarted") << why;
            EXPECT_EQ(after_end(temporary, why, strategy), "forgotten") << why;
        }
    }
}

TEST(a_transient_child, that_shut_itself_down_comes_back_by_restart_child) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a").restart(transient)));
        co_await end(co_await child_of(s, "a"), reason::shutdown);
        EXPECT_EQ(co_await shown(s), "a:undefined");
        EXPECT_TRUE((co_await s.restart_child("a")).ok());
        co_await end(co_await child_of(s, "a"), reason::shutdown_with("x"));
        EXPECT_EQ(co_await shown(s), "a:undefined");
        EXPECT_TRUE((co_await s.restart_child("a")).ok());
        co_await stop(s.whereis());
    });
}

TEST(a_temporary_sibling, is_stopped_and_forgotten_by_a_group_restart) {
    run_simulated([]() -> task<> {
        for (const auto strategy : {one_for_all, rest_for_one}) {
            const supervisor s = co_await started(
                children(obedient("a"), obedient("t").restart(temporary), obedient("c")),
                {.strategy = strategy});
            const pid t = co_await child_of(s, "t");
            co_await end(co_await child_of(s, "a"), "boom");
            EXPECT_EQ(co_await shown(s), "c:alive a:alive");
            EXPECT_FALSE(co_await is_alive(t));
            co_await stop(s.whereis());
        }
    });
}

/// The ids among a, b, c, d with another process after the end of b.
std::string replaced(restart_strategy strategy) {
    testing::sim_world world;
    std::string out;
    world.run([&]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), obedient("b"), obedient("c")),
                                              {.strategy = strategy});
        co_await s.start_child(obedient("d"));
        const auto before = co_await s.which_children();
        co_await end(co_await child_of(s, "b"), "boom");
        const auto after = co_await s.which_children();
        EXPECT_EQ(co_await shown(s), "d:alive c:alive b:alive a:alive");
        for (std::size_t i = 0; i < before.size(); ++i) {
            out += before[i].process != after[i].process ? before[i].id : "";
        }
        co_await stop(s.whereis());
    });
    return out;
}

TEST(restart_strategy, decides_which_siblings_are_replaced_including_later_added_ones) {
    EXPECT_EQ(replaced(one_for_one), "b");
    EXPECT_EQ(replaced(one_for_all), "dcba");
    EXPECT_EQ(replaced(rest_for_one), "dcb");
}

TEST(restart_strategy, of_a_group_starts_siblings_that_had_been_stopped) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(
            children(obedient("a"), obedient("b"), obedient("c").restart(transient),
                     scripted("d", script_of(answer::ignore))),
            {.strategy = rest_for_one});
        co_await s.terminate_child("a");
        co_await end(co_await child_of(s, "c"), reason::normal);
        EXPECT_EQ(co_await shown(s), "d:undefined c:undefined b:alive a:undefined");
        co_await end(co_await child_of(s, "b"), "boom");
        EXPECT_EQ(co_await shown(s), "d:alive c:alive b:alive a:undefined");
        co_await stop(s.whereis());
    });
}

/// The number of survived restarts of "a", up to eight.
int tolerated(supervisor_flags flags, std::chrono::nanoseconds between = 0s) {
    testing::sim_world world;
    int survived = 0;
    world.run([&]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(children(obedient("a"), obedient("b")), flags);
        while (survived < 8) {
            co_await end(co_await child_of(s, "a"), "boom");
            if (!co_await is_alive(s.whereis())) {
                EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
                break;
            }
            ++survived;
            co_await sleep(between);
        }
    });
    return survived;
}

TEST(max_restarts, is_the_number_of_restarts_that_are_tolerated) {
    for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
        for (const int limit : {0, 1, 2, 5}) {
            EXPECT_EQ(tolerated({.strategy = strategy, .max_restarts = limit}), limit);
        }
    }
}

TEST(max_restarts, is_never_reached_by_restarts_that_are_farther_apart_than_the_window) {
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 1s}, 2100ms), 8);
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 5s}, 6s), 8);
    EXPECT_EQ(tolerated({.max_restarts = 1, .max_seconds = 5s}, 4s), 1);
}

/// Whether two crashes, at the given times of the clock, exceed a limit of one restart in `period`.
bool one_window(std::chrono::nanoseconds first, std::chrono::nanoseconds second,
                std::chrono::seconds period) {
    testing::sim_world world;
    bool gave_up = false;
    world.run([&]() -> task<> {
        trap_exit(true);
        const supervisor s =
            co_await started(children(obedient("a")), {.max_restarts = 1, .max_seconds = period});
        const auto base = std::chrono::ceil<std::chrono::seconds>(world.now());
        co_await sleep(base + first - world.now());
        co_await end(co_await child_of(s, "a"), "boom");
        co_await sleep(base + second - world.now());
        co_await end(co_await child_of(s, "a"), "boom");
        gave_up = !co_await is_alive(s.whereis());
    });
    return gave_up;
}

TEST(max_seconds, includes_its_edge_and_counts_in_whole_seconds_of_the_clock) {
    EXPECT_TRUE(one_window(0s, 5s, 5s));          // the edge belongs to the window
    EXPECT_TRUE(one_window(0s, 5999ms, 5s));      // still second 5
    EXPECT_FALSE(one_window(0s, 6s, 5s));         // second 6
    EXPECT_TRUE(one_window(900ms, 5950ms, 5s));   // 5.05 s apart, seconds 0 and 5
    EXPECT_FALSE(one_window(990ms, 6s, 5s));      // 5.01 s apart, seconds 0 and 6
    EXPECT_TRUE(one_window(100ms, 1950ms, 1s));   // 1.85 s apart
    EXPECT_FALSE(one_window(900ms, 2050ms, 1s));  // 1.15 s apart
}

TEST(max_restarts, counts_a_group_restart_once) {
    run_simulated([]() -> task<> {
        std::vector<child_spec> ten;
        for (char id = 'a'; id < 'k'; ++id) {
            ten.push_back(obedient(std::string{id}));
        }
        const supervisor s =
            co_await started(child_list{ten}, {.strategy = one_for_all, .max_restarts = 2});
        co_await end(co_await child_of(s, "a"), "boom");
        co_await end(co_await child_of(s, "j"), "boom");
        EXPECT_EQ(shown(co_await s.count_children()), "10 10 0 10");
        co_await stop(s.whereis());
    });
}

/// The number of restarts for two simultaneous ends: "1" or "2", else "more".
std::string cost_of_two_at_once(restart_strategy strategy) {
    for (const int limit : {1, 2}) {
        testing::sim_world world;
        bool survived = false;
        world.run([&]() -> task<> {
            trap_exit(true);
            const supervisor s = co_await started(children(obedient("a"), obedient("b")),
                                                  {.strategy = strategy, .max_restarts = limit});
            const pid a = co_await child_of(s, "a");
            const pid b = co_await child_of(s, "b");
            exit(a, "boom");
            exit(b, "boom");
            co_await settle();
            survived = co_await is_alive(s.whereis());
        });
        if (survived) {
            return std::to_string(limit);
        }
    }
    return "more";
}

TEST(children_that_end_at_the_same_time, cost_two_restarts_in_one_for_one_and_one_in_one_for_all) {
    EXPECT_EQ(cost_of_two_at_once(one_for_one), "2");
    EXPECT_EQ(cost_of_two_at_once(one_for_all), "1");
}

TEST(a_child_that_ends, while_its_supervisor_is_busy_with_another_is_restarted_afterwards) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a"), slow("b", 1s)));
        const pid a = co_await child_of(s, "a");
        const auto stops_b = [s]() -> task<> { co_await s.terminate_child("b"); };
        const auto before = detail::now();
        spawn(stops_b);
        co_await settle();
        kid::end told{"boom"};
        server<kid>{a}.cast(told);
        EXPECT_EQ(co_await shown(s), "b:undefined a:alive");
        EXPECT_EQ(detail::now() - before, 1s);
        EXPECT_NE(co_await child_of(s, "a"), a);
        co_await stop(s.whereis());
    });
}

TEST(supervisor, is_restarted_after_giving_up_when_permanent_but_not_when_transient) {
    run_simulated([]() -> task<> {
        const auto inner = [](const char* id) {
            return child_supervisor(id, children(obedient("w")), {.max_restarts = 0});
        };
        const supervisor s = co_await started(children(inner("tr").restart(transient), inner("p")));
        const pid before = co_await child_of(s, "p");
        co_await end(co_await child_of(supervisor{co_await child_of(s, "tr")}, "w"), "boom");
        EXPECT_EQ(co_await shown(s), "p:alive tr:undefined");
        co_await end(co_await child_of(supervisor{before}, "w"), "boom");
        EXPECT_EQ(co_await shown(s), "p:alive tr:undefined");
        EXPECT_NE(co_await child_of(s, "p"), before);
        co_await stop(s.whereis());
    });
}

TEST(tree, restarts_locally_escalates_and_rebuilds_static_children_only) {
    run_simulated([]() -> task<> {
        const supervisor_flags one{.max_restarts = 1, .max_seconds = 1h};
        child_list names = children(obedient("x").name("x"), obedient("y").name("y"));
        const supervisor top = co_await started(
            children(child_supervisor("one", names, one),
                     child_supervisor("two", children(), {.name = "two"}).restart(transient)),
            {.strategy = one_for_all, .max_restarts = 4});
        const pid first = co_await child_of(top, "one");
        const supervisor two{"two"};
        co_await two.start_child(obedient("late"));
        co_await end(whereis("x"), "boom");  // one restart: local
        EXPECT_EQ(co_await child_of(top, "one"), first);
        EXPECT_EQ(co_await shown(two), "late:alive");
        co_await top.terminate_child("two");
        EXPECT_EQ(co_await shown(top), "two:undefined one:alive");
        co_await end(whereis("y"), "boom");  // one too many: the group is started again
        EXPECT_NE(co_await child_of(top, "one"), first);
        EXPECT_EQ(co_await shown(top), "two:alive one:alive");
        EXPECT_TRUE(whereis("x") && whereis("y"));
        EXPECT_EQ(co_await shown(two), "");
        co_await stop(top.whereis());
    });
}

TEST(names, are_taken_again_after_every_kind_of_restart_in_a_tree) {
    run_simulated([]() -> task<> {
        child_list leaf = children(obedient("w").name("worker"));
        const supervisor top = co_await started(
            children(child_supervisor("s", leaf, {.name = "inner"})), {.max_restarts = 9});
        pid worker = whereis("worker");
        const auto renewed = [&]() {
            const pid now = whereis("worker");
            return now && std::exchange(worker, now) != now && whereis("inner");
        };
        exit(whereis("inner"), reason::kill);
        co_await settle();
        EXPECT_TRUE(renewed());
        exit(whereis("worker"), reason::kill);
        co_await settle();
        EXPECT_TRUE(renewed());
        co_await end(whereis("worker"), reason::normal);
        EXPECT_TRUE(renewed());
        co_await top.terminate_child("s");
        EXPECT_FALSE(whereis("worker") || whereis("inner"));
        co_await top.restart_child("s");
        EXPECT_TRUE(renewed());
        co_await stop(top.whereis());
    });
}

}  // namespace
}  // namespace coppice
