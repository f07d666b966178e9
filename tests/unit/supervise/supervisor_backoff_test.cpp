// SPDX-License-Identifier: Apache-2.0
// Back-off and budgets of a supervisor: the delays on the simulator's clock, what ends a wait, and what is
// shown meanwhile.

#include <optional>

#include "coppice/tree.hpp"
#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// 1 s, 2 s, 4 s, … up to 10 s.
restart_backoff doubling() {
    restart_backoff out;
    out.first = 1s;
    out.maximum = 10s;
    return out;
}

child_spec delayed(child_spec spec) {
    return spec.backoff(doubling());
}

supervisor_flags flags_with(restart_strategy strategy, int max_restarts = 3) {
    supervisor_flags out;
    out.strategy = strategy;
    out.max_restarts = max_restarts;
    return out;
}

task<std::optional<std::chrono::nanoseconds>> wait_of(supervisor s, std::string id) {
    const auto list = co_await s.which_children();
    std::optional<std::chrono::nanoseconds> out;
    for (const child_info& each : list) {
        out = each.id == id ? each.restarts_in : out;
    }
    co_return out;
}

TEST(a_child_with_back_off, is_restarted_after_the_delay_and_not_earlier) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a"))));
        const pid first = co_await child_of(s, "a");
        exit(first, "boom");
        co_await sleep(1s - 1ms);
        EXPECT_EQ(co_await shown(s), "a:restarting");
        co_await sleep(2ms);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_with_back_off, waits_twice_as_long_for_the_second_restart) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a"))));
        const pid first = co_await child_of(s, "a");
        exit(first, "boom");
        co_await sleep(1001ms);
        const pid second = co_await child_of(s, "a");
        exit(second, "boom");
        co_await sleep(1999ms);
        EXPECT_EQ(co_await shown(s), "a:restarting");
        co_await sleep(2ms);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_with_back_off, waits_for_the_first_delay_again_after_a_healthy_life) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a"))));
        const pid first = co_await child_of(s, "a");
        exit(first, "boom");
        co_await sleep(1001ms);
        co_await sleep(1min);
        const pid second = co_await child_of(s, "a");
        exit(second, "boom");
        co_await sleep(1001ms);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_with_back_off, waits_before_the_retry_of_a_failed_start) {
    run_simulated([]() -> task<> {
        const script_ptr plot = script_of(answer::ok, answer::error);
        const supervisor s = co_await started(children(delayed(scripted("a", plot))));
        const pid first = co_await child_of(s, "a");
        exit(first, "boom");
        co_await sleep(1001ms);
        EXPECT_EQ(plot->starts, 2);
        EXPECT_EQ(co_await shown(s), "a:restarting");
        co_await sleep(2s);
        EXPECT_EQ(plot->starts, 3);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_child_without_its_own_back_off, has_the_back_off_of_the_supervisor) {
    run_simulated([]() -> task<> {
        supervisor_flags flags;
        flags.backoff = doubling();
        const child_spec at_once = obedient("b").backoff(restart_backoff{});
        const supervisor s = co_await started(children(obedient("a"), at_once), flags);
        const pid a = co_await child_of(s, "a");
        const pid b = co_await child_of(s, "b");
        exit(a, "boom");
        exit(b, "boom");
        co_await settle();
        EXPECT_EQ(co_await shown(s), "b:alive a:restarting");
        co_await stop(s.whereis());
    });
}

TEST(a_group_with_back_off, stops_at_once_and_waits_with_its_child) {
    run_simulated([]() -> task<> {
        const supervisor s =
            co_await started(children(obedient("a"), delayed(obedient("b")), obedient("c")),
                             flags_with(rest_for_one));
        const pid b = co_await child_of(s, "b");
        exit(b, "boom");
        co_await settle();
        EXPECT_EQ(co_await shown(s), "c:restarting b:restarting a:alive");
        EXPECT_EQ(co_await wait_of(s, "b"), co_await wait_of(s, "c"));
        co_await sleep(1s);
        EXPECT_EQ(co_await shown(s), "c:alive b:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_wait, counts_down_in_which_children_and_in_the_tree) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a"))));
        EXPECT_EQ(co_await wait_of(s, "a"), std::nullopt);
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await sleep(250ms);
        const auto left = co_await wait_of(s, "a");
        EXPECT_TRUE(left && *left <= 750ms && *left > 700ms);
        const tree_node tree = co_await snapshot(s.whereis());
        EXPECT_NE(to_text(tree).find("a restarting in 7"), std::string::npos) << to_text(tree);
        co_await stop(s.whereis());
    });
}

TEST(a_wait, ends_with_terminate_child_which_leaves_the_group_stopped) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a")), obedient("b")),
                                              flags_with(one_for_all));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await settle();
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_EQ(co_await shown(s), "b:undefined a:undefined");
        co_await sleep(1min);
        EXPECT_EQ(co_await shown(s), "b:undefined a:undefined");
        co_await stop(s.whereis());
    });
}

TEST(a_wait, ends_with_restart_child_of_any_child_of_the_group_and_counts_no_restart) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a")), obedient("b")),
                                              flags_with(one_for_all, 0));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await settle();
        EXPECT_TRUE((co_await s.restart_child("b")).ok());
        EXPECT_EQ(co_await shown(s), "b:alive a:alive");
        const sys::status told = co_await sys::get_status(s.whereis());
        EXPECT_EQ(told.supervisor->manual_restarts, 1);
        EXPECT_EQ(told.supervisor->restarts, 0);
        co_await sleep(1min);
        EXPECT_EQ(co_await shown(s), "b:alive a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_wait, begins_again_with_a_longer_delay_when_restart_child_fails) {
    run_simulated([]() -> task<> {
        const script_ptr plot = script_of(answer::ok, answer::error);
        const supervisor s = co_await started(children(delayed(scripted("a", plot))));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await settle();
        EXPECT_EQ((co_await s.restart_child("a")).error(), "no_luck");
        co_await sleep(1999ms);  // the timer of the first wait has fired meanwhile
        EXPECT_EQ(co_await shown(s), "a:restarting");
        co_await sleep(2ms);
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(a_wait, refuses_delete_child_and_a_second_child_of_the_same_id) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(delayed(obedient("a"))));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await settle();
        EXPECT_EQ((co_await s.delete_child("a")).error(), "restarting");
        EXPECT_EQ((co_await s.start_child(obedient("a"))).error(), "already_present");
        EXPECT_TRUE((co_await s.start_child(obedient("b"))).ok());
        EXPECT_EQ(co_await shown(s), "b:alive a:restarting");
        co_await stop(s.whereis());
    });
}

TEST(a_wait, ends_at_once_with_the_shutdown_of_the_supervisor) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
            const supervisor s = co_await started(children(obedient("a"), delayed(obedient("b"))),
                                                  flags_with(strategy));
            const pid b = co_await child_of(s, "b");
            exit(b, "boom");
            co_await settle();
            const auto before = monotonic_time();
            exit(s.whereis(), reason::shutdown);
            EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
            EXPECT_LE(monotonic_time() - before, 1ms);
        }
    });
}

TEST(a_supervisor_with_back_off, gives_up_only_after_the_delay_of_the_restart_over_the_limit) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const supervisor s =
            co_await started(children(delayed(obedient("a"))), flags_with(one_for_one, 0));
        const pid a = co_await child_of(s, "a");
        exit(a, "boom");
        co_await sleep(999ms);
        EXPECT_TRUE(co_await is_alive(s.whereis()));
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(a_child_with_a_budget, is_not_counted_by_the_supervisor) {
    run_simulated([]() -> task<> {
        restart_budget ample;
        ample.max_restarts = 10;
        const child_spec spec = obedient("a").budget(ample);
        const supervisor s = co_await started(children(spec), flags_with(one_for_one, 0));
        for (int i = 0; i < 10; ++i) {
            const pid a = co_await child_of(s, "a");
            co_await end(a, "boom");
        }
        EXPECT_EQ(co_await shown(s), "a:alive");
        const sys::status told = co_await sys::get_status(s.whereis());
        EXPECT_EQ(told.supervisor->window_restarts, 0);
        EXPECT_EQ(told.supervisor->restarts, 10);
        co_await stop(s.whereis());
    });
}

TEST(a_child_with_a_budget, ends_the_supervisor_with_one_restart_more_than_the_budget) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        restart_budget small;
        small.max_restarts = 1;
        const child_spec spec = obedient("a").budget(small);
        const supervisor s = co_await started(children(spec), flags_with(one_for_one, 100));
        const pid first = co_await child_of(s, "a");
        co_await end(first, "boom");
        const pid second = co_await child_of(s, "a");
        co_await end(second, "boom");
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(restart_child, counts_in_no_budget) {
    run_simulated([]() -> task<> {
        restart_budget none;
        none.max_restarts = 0;
        const child_spec spec = obedient("a").budget(none);
        const supervisor s = co_await started(children(spec));
        for (int i = 0; i < 5; ++i) {
            co_await s.terminate_child("a");
            EXPECT_TRUE((co_await s.restart_child("a")).ok());
        }
        const sys::status told = co_await sys::get_status(s.whereis());
        EXPECT_EQ(told.supervisor->manual_restarts, 5);
        co_await stop(s.whereis());
    });
}

std::string refusal(child_spec spec) {
    const void_result checked = check_childspecs(children(std::move(spec)));
    return checked ? "" : to_string(checked.error());
}

TEST(a_back_off, is_refused_with_the_name_of_the_wrong_field) {
    const auto with = [](auto change) {
        restart_backoff how = doubling();
        change(how);
        return refusal(obedient("a").backoff(how));
    };
    EXPECT_EQ(with([](restart_backoff&) {}), "");
    EXPECT_EQ(with([](restart_backoff& b) { b.first = -1ns; }), "{invalid_backoff,first}");
    EXPECT_EQ(with([](restart_backoff& b) { b.factor = 1; }), "");
    EXPECT_EQ(with([](restart_backoff& b) { b.factor = 0.99; }), "{invalid_backoff,factor}");
    EXPECT_EQ(with([](restart_backoff& b) { b.maximum = 1s; }), "");
    EXPECT_EQ(with([](restart_backoff& b) { b.maximum = 1s - 1ns; }), "{invalid_backoff,maximum}");
    EXPECT_EQ(with([](restart_backoff& b) { b.jitter = 1; }), "");
    EXPECT_EQ(with([](restart_backoff& b) { b.jitter = 1.01; }), "{invalid_backoff,jitter}");
    EXPECT_EQ(with([](restart_backoff& b) { b.jitter = -0.01; }), "{invalid_backoff,jitter}");
    EXPECT_EQ(with([](restart_backoff& b) { b.reset_after = 0ns; }), "");
    EXPECT_EQ(with([](restart_backoff& b) { b.reset_after = -1ns; }),
              "{invalid_backoff,reset_after}");
}

TEST(a_budget, is_refused_with_the_name_of_the_wrong_field) {
    EXPECT_EQ(refusal(obedient("a").budget({.max_restarts = 0, .max_seconds = 1s})), "");
    EXPECT_EQ(refusal(obedient("a").budget({.max_restarts = -1})), "{invalid_budget,max_restarts}");
    EXPECT_EQ(refusal(obedient("a").budget({.max_seconds = 0s})), "{invalid_budget,max_seconds}");
}

TEST(a_dynamic_child_with_back_off, is_restarted_after_the_delay) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor s = co_await started_dynamic();
        const child_spec spec = delayed(obedient("a"));
        const auto result = co_await s.start_child(spec);
        exit(result.value(), "boom");
        co_await sleep(999ms);
        EXPECT_EQ(shown(co_await s.count_children()), "1 0 0 1");
        const auto list = co_await s.which_children();
        EXPECT_EQ(list.front().status, child_status::restarting);
        EXPECT_TRUE(list.front().restarts_in && *list.front().restarts_in <= 1ms);
        co_await sleep(2ms);
        EXPECT_EQ(shown(co_await s.count_children()), "1 1 0 1");
        co_await stop(s.whereis());
    });
}

TEST(a_dynamic_child_with_back_off, is_terminated_while_it_waits_by_its_last_pid) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor s = co_await started_dynamic();
        const child_spec spec = delayed(obedient("a"));
        const auto result = co_await s.start_child(spec);
        exit(result.value(), "boom");
        co_await settle();
        EXPECT_TRUE((co_await s.terminate_child(result.value())).has_value());
        co_await sleep(1min);
        EXPECT_EQ(shown(co_await s.count_children()), "0 0 0 0");
        co_await stop(s.whereis());
    });
}

TEST(a_child_with_back_off, comes_back_on_any_number_of_scheduler_threads) {
    run_everywhere([]() -> task<> {
        restart_backoff brief;
        brief.first = 1ms;
        const child_spec spec = obedient("a").name("a").backoff(brief);
        const supervisor s = co_await started(children(spec));
        const pid first = whereis("a");
        exit(first, "boom");
        for (pid now = first; !now || now == first; now = whereis("a")) {
            co_await sleep(1ms);
        }
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
