// SPDX-License-Identifier: Apache-2.0
// Restarts whose start fails: each retry queues behind the waiting
// messages, and each retry counts as a restart.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// A script whose restarts fail for ever.
script_ptr hopeless() {
    script_ptr out = script_of(answer::ok);
    out->then = answer::error;
    return out;
}

/// From now on every start takes a millisecond, so the clock advances in an endless loop.
void slow_down(const script_ptr& plot) {
    plot->init_takes = 1ms;
}

constexpr int practically_unlimited = 1000000;

TEST(a_restart_that_fails, is_tried_until_the_limit_and_takes_all_down) {
    for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
        for (const std::size_t culprit : {0U, 1U}) {
            run_simulated([=]() -> task<> {
                trap_exit(true);
                // the first child ends; the start of the culprit fails
                const script_ptr bad = hopeless();
                const script_ptr good = script_of();
                const bool is_first = culprit == 0 || strategy == one_for_one;
                const supervisor s =
                    co_await started(children(scripted("a", is_first ? bad : good),
                                              scripted("b", is_first ? good : bad)),
                                     {.strategy = strategy, .max_restarts = 3});
                const pid a = co_await child_of(s, "a");
                const pid b = co_await child_of(s, "b");
                co_await end(a, "boom");
                EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
                EXPECT_FALSE(co_await is_alive(b));
                EXPECT_EQ(bad->starts, 1 + 3);
            });
        }
    }
}

TEST(a_restart_that_fails, succeeds_within_the_limit_and_not_beyond) {
    const auto survives = [](int failures, int limit) {
        testing::sim_world world;
        bool alive = false;
        world.run([&]() -> task<> {
            trap_exit(true);
            const script_ptr plot = script_of(answer::ok);
            plot->next.insert(plot->next.end(), static_cast<std::size_t>(failures), answer::error);
            const supervisor s =
                co_await started(children(scripted("a", plot)), {.max_restarts = limit});
            co_await end(co_await child_of(s, "a"), "boom");
            alive = co_await is_alive(s.whereis());
            if (alive) {
                EXPECT_EQ(co_await shown(s), "a:alive");
            }
        });
        return alive;
    };
    EXPECT_TRUE(survives(2, 3));   // three tries
    EXPECT_FALSE(survives(3, 3));  // the fourth is one too many
    EXPECT_TRUE(survives(0, 1));
    EXPECT_FALSE(survives(1, 1));
}

TEST(a_restart_that_is_ignored, leaves_the_child_stopped_and_is_not_tried_again) {
    run_simulated([]() -> task<> {
        for (const auto type : {permanent, transient}) {
            const script_ptr plot = script_of(answer::ok, answer::ignore);
            const supervisor s = co_await started(children(scripted("a", plot).restart(type)));
            co_await end(co_await child_of(s, "a"), "boom");
            EXPECT_EQ(co_await shown(s), "a:undefined");
            EXPECT_EQ(plot->starts, 2);
            EXPECT_TRUE((co_await s.restart_child("a")).ok());
            co_await stop(s.whereis());
        }
    });
}

TEST(one_for_all, stops_restarted_children_when_a_later_sibling_fails_to_start) {
    run_simulated([]() -> task<> {
        const script_ptr a = script_of();
        const script_ptr b = script_of(answer::ok, answer::error);
        const script_ptr c = script_of();
        const supervisor s =
            co_await started(children(scripted("a", a), scripted("b", b), scripted("c", c)),
                             {.strategy = one_for_all});
        co_await end(co_await child_of(s, "c"), "boom");
        EXPECT_EQ(co_await shown(s), "c:alive b:alive a:alive");
        EXPECT_EQ(a->starts, 3);  // one for b's failure, one for its success
        EXPECT_EQ(b->starts, 3);
        EXPECT_EQ(c->starts, 2);
        co_await stop(s.whereis());
    });
}

TEST(rest_for_one, keeps_restarted_children_when_a_later_sibling_fails_to_start) {
    run_simulated([]() -> task<> {
        const script_ptr a = script_of();
        const script_ptr b = script_of();
        const script_ptr c = script_of(answer::ok, answer::error);
        const script_ptr d = script_of();
        const supervisor s = co_await started(
            children(scripted("a", a), scripted("b", b), scripted("c", c), scripted("d", d)),
            {.strategy = rest_for_one});
        co_await end(co_await child_of(s, "b"), "boom");
        EXPECT_EQ(co_await shown(s), "d:alive c:alive b:alive a:alive");
        EXPECT_EQ(a->starts, 1);
        EXPECT_EQ(b->starts, 2);
        EXPECT_EQ(c->starts, 3);
        EXPECT_EQ(d->starts, 2);
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_is_being_restarted, refuses_restart_and_delete_and_allows_terminate) {
    run_simulated([]() -> task<> {
        const script_ptr plot = hopeless();
        const supervisor s =
            co_await started(children(obedient("a"), scripted("b", plot), obedient("c")),
                             {.max_restarts = practically_unlimited});
        const pid b = co_await child_of(s, "b");
        slow_down(plot);
        exit(b, "boom");
        co_await sleep(10ms);
        EXPECT_EQ(co_await shown(s), "c:alive b:restarting a:alive");
        EXPECT_FALSE(static_cast<bool>(co_await child_of(s, "b")));
        EXPECT_EQ(shown(co_await s.count_children()), "3 2 0 3");
        EXPECT_EQ((co_await s.start_child(obedient("b"))).error(), "already_present");
        EXPECT_EQ((co_await s.restart_child("b")).error(), "restarting");
        EXPECT_EQ((co_await s.delete_child("b")).error(), "restarting");
        EXPECT_TRUE((co_await s.get_childspec("b")).has_value());
        EXPECT_TRUE((co_await s.terminate_child("b")).has_value());
        EXPECT_EQ(co_await shown(s), "c:alive b:undefined a:alive");
        const int starts = plot->starts;
        co_await sleep(1s);
        EXPECT_EQ(plot->starts, starts);
        EXPECT_TRUE((co_await s.delete_child("b")).has_value());
        EXPECT_EQ(co_await shown(s), "c:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_that_is_being_restarted, by_rest_for_one_keeps_the_later_ones_stopped) {
    run_simulated([]() -> task<> {
        const script_ptr plot = hopeless();
        const supervisor s =
            co_await started(children(obedient("a"), obedient("b"), scripted("c", plot),
                                      obedient("d"), obedient("t").restart(temporary)),
                             {.strategy = rest_for_one, .max_restarts = practically_unlimited});
        const pid b = co_await child_of(s, "b");
        slow_down(plot);
        exit(b, "boom");
        co_await sleep(10ms);
        EXPECT_EQ(co_await shown(s), "d:undefined c:restarting b:alive a:alive");
        EXPECT_EQ((co_await s.restart_child("c")).error(), "restarting");
        EXPECT_TRUE((co_await s.restart_child("d")).ok());  // but the next try stops d again
        co_await sleep(10ms);
        EXPECT_EQ(co_await shown(s), "d:undefined c:restarting b:alive a:alive");
        EXPECT_TRUE((co_await s.terminate_child("c")).has_value());
        EXPECT_EQ(co_await shown(s), "d:undefined c:undefined b:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_supervisor_that_restarts_for_ever, obeys_a_shutdown) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
            const script_ptr plot = hopeless();
            const supervisor s =
                co_await started(children(obedient("a"), scripted("b", plot)),
                                 {.strategy = strategy, .max_restarts = practically_unlimited});
            const pid b = co_await child_of(s, "b");
            slow_down(plot);
            exit(b, "boom");
            co_await sleep(10ms);
            const auto before = detail::now();
            exit(s.whereis(), reason::shutdown);
            EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
            EXPECT_LE(detail::now() - before, 1ms);
        }
    });
}

TEST(a_restart_whose_name_a_stranger_took, fails_until_the_limit_and_is_reported) {
    pid stranger;
    const auto reports = reports_of<supervisor_report>([&]() -> task<> {
        trap_exit(true);
        const supervisor s =
            co_await started(children(obedient("a").name("wanted")), {.max_restarts = 2});
        const pid a = whereis("wanted");
        stranger = spawn([]() -> task<> { co_await sleep(1h); });
        unregister_name("wanted");
        register_name("wanted", stranger);
        co_await end(a, "boom");
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
        EXPECT_EQ(whereis("wanted"), stranger);
        exit(stranger, reason::kill);
    });
    const std::string taken = "{already_started," + to_string(stranger) + "}";
    const std::vector<std::string> expected{"child_terminated a boom", "start_error a " + taken,
                                            "start_error a " + taken,
                                            "shutdown a reached_max_restart_intensity"};
    EXPECT_EQ(brief(reports), expected);
}

TEST(count_children, excludes_restarting_children_from_the_active_ones) {
    run_simulated([]() -> task<> {
        const script_ptr plot = script_of(answer::ok, answer::ok, answer::ok);
        plot->then = answer::error;
        const supervisor s = co_await started(
            children(scripted("a", plot), scripted("b", plot), scripted("c", plot)),
            {.max_restarts = practically_unlimited});
        EXPECT_EQ(shown(co_await s.count_children()), "3 3 0 3");
        const pid a = co_await child_of(s, "a");
        const pid b = co_await child_of(s, "b");
        slow_down(plot);
        exit(a, "boom");
        co_await sleep(5ms);
        EXPECT_EQ(shown(co_await s.count_children()), "3 2 0 3");
        exit(b, "boom");
        co_await sleep(5ms);
        EXPECT_EQ(shown(co_await s.count_children()), "3 1 0 3");
        co_await s.terminate_child("a");
        EXPECT_EQ(co_await shown(s), "c:alive b:restarting a:undefined");
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
