// SPDX-License-Identifier: Apache-2.0
// Auto-shutdown: a supervisor stops after its significant children have ended on their own.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr auto never = auto_shutdown_mode::never;
constexpr auto any = auto_shutdown_mode::any_significant;
constexpr auto all = auto_shutdown_mode::all_significant;

child_spec significant(const std::string& id, restart_type restart) {
    return obedient(id).restart(restart).significant(true);
}

/// Whether the supervisor of `specs` ends with `shutdown` after the children `ids` have ended with `why`.
bool shuts_down(child_list specs, auto_shutdown_mode mode, const std::vector<std::string>& ids,
                const exit_reason& why) {
    testing::sim_world world;
    bool gone = false;
    const auto ended = world.run([&]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(specs, {.max_restarts = 9, .auto_shutdown = mode});
        for (const std::string& id : ids) {
            EXPECT_FALSE(gone) << "before " << id;
            const pid who = co_await child_of(s, id);
            if (why == reason::kill) {
                exit(who, why);
                co_await settle();
            } else {
                co_await end(who, why);
            }
            gone = !co_await is_alive(s.whereis());
        }
        if (gone) {
            EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
        }
    });
    EXPECT_EQ(ended, reason::normal);
    return gone;
}

const std::vector<exit_reason>& quiet_reasons() {
    static const std::vector<exit_reason> out{reason::normal, reason::shutdown,
                                              reason::shutdown_with("x")};
    return out;
}
const std::vector<exit_reason>& loud_reasons() {
    static const std::vector<exit_reason> out{"boom", reason::kill};
    return out;
}

TEST(auto_shutdown, does_not_happen_for_children_that_are_not_significant) {
    for (const auto mode : {never, any, all}) {
        for (const auto restart : {permanent, transient, temporary}) {
            for (const auto& reasons : {quiet_reasons(), loud_reasons()}) {
                for (const exit_reason& why : reasons) {
                    EXPECT_FALSE(
                        shuts_down(children(obedient("a").restart(restart)), mode, {"a"}, why))
                        << to_string(mode) << " " << to_string(restart) << " " << why;
                }
            }
        }
    }
}

TEST(auto_shutdown, by_any_follows_each_end_of_a_temporary_child) {
    for (const auto& reasons : {quiet_reasons(), loud_reasons()}) {
        for (const exit_reason& why : reasons) {
            child_list two = children(significant("a", temporary), significant("b", temporary));
            EXPECT_TRUE(shuts_down(two, any, {"a"}, why)) << why;
            EXPECT_TRUE(shuts_down(two, any, {"b"}, why)) << why;
        }
    }
}

TEST(auto_shutdown, by_all_follows_the_end_of_the_last_temporary_child) {
    for (const auto& reasons : {quiet_reasons(), loud_reasons()}) {
        for (const exit_reason& why : reasons) {
            child_list three = children(significant("a", temporary), obedient("other"),
                                        significant("b", temporary));
            EXPECT_FALSE(shuts_down(three, all, {"a"}, why)) << why;
            EXPECT_FALSE(shuts_down(three, all, {"b"}, why)) << why;
            EXPECT_TRUE(shuts_down(three, all, {"b", "a"}, why)) << why;
        }
    }
}

TEST(auto_shutdown, follows_a_quiet_end_of_a_transient_child_and_not_a_crash) {
    child_list two = children(significant("a", transient), significant("b", transient));
    for (const exit_reason& why : quiet_reasons()) {
        EXPECT_TRUE(shuts_down(two, any, {"a"}, why)) << why;
        EXPECT_FALSE(shuts_down(two, all, {"a"}, why)) << why;
        EXPECT_TRUE(shuts_down(two, all, {"a", "b"}, why)) << why;
    }
    for (const exit_reason& why : loud_reasons()) {
        EXPECT_FALSE(shuts_down(two, any, {"a", "b", "a"}, why)) << why;
        EXPECT_FALSE(shuts_down(two, all, {"a", "b", "a"}, why)) << why;
    }
}

TEST(auto_shutdown, does_not_follow_terminate_child) {
    run_simulated([]() -> task<> {
        for (const auto mode : {any, all}) {
            const supervisor s =
                co_await started(children(significant("a", temporary), significant("b", transient)),
                                 {.auto_shutdown = mode});
            co_await s.terminate_child("a");
            co_await s.terminate_child("b");
            co_await settle();
            EXPECT_EQ(co_await shown(s), "b:undefined");
            EXPECT_TRUE((co_await s.restart_child("b")).ok());
            co_await stop(s.whereis());
        }
    });
}

TEST(auto_shutdown, by_all_counts_living_children_and_ignores_how_others_ended) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(
            children(significant("a", transient), significant("b", transient), obedient("c")),
            {.auto_shutdown = all});
        co_await s.terminate_child("a");
        co_await end(co_await child_of(s, "b"),
                     reason::normal);  // the stopped child a counts as down
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(auto_shutdown, by_all_counts_a_restarting_child_as_alive) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const script_ptr plot = script_of(answer::ok);
        plot->then = answer::error;
        const supervisor s =
            co_await started(children(scripted("a", plot).restart(transient).significant(true),
                                      significant("b", temporary)),
                             {.max_restarts = 1000000, .auto_shutdown = all});
        const pid a = co_await child_of(s, "a");
        const pid b = co_await child_of(s, "b");
        plot->init_takes = 1ms;
        exit(a, "boom");
        co_await sleep(5ms);
        exit(b, "boom");
        co_await sleep(5ms);
        EXPECT_EQ(co_await shown(s), "a:restarting");
        plot->then = answer::ok;
        co_await sleep(5ms);
        co_await end(co_await child_of(s, "a"), reason::normal);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
}

TEST(auto_shutdown, does_not_follow_a_stop_on_account_of_a_sibling) {
    run_simulated([]() -> task<> {
        for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
            for (const auto mode : {any, all}) {
                const supervisor s =
                    co_await started(children(obedient("p"), significant("te", temporary),
                                              significant("tr", transient)),
                                     {.strategy = strategy, .auto_shutdown = mode});
                co_await end(co_await child_of(s, "p"), "boom");
                EXPECT_EQ(co_await shown(s), strategy == one_for_one ? "tr:alive te:alive p:alive"
                                                                     : "tr:alive p:alive");
                co_await stop(s.whereis());
            }
        }
    });
}

TEST(auto_shutdown, of_a_supervisor_is_the_end_of_a_child_of_its_own_supervisor) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        for (const bool counts : {true, false}) {
            child_spec inner = child_supervisor("inner", children(significant("w", transient)),
                                                {.auto_shutdown = any});
            inner.restart(transient).significant(counts);
            const supervisor s =
                co_await started(children(inner, obedient("other")), {.auto_shutdown = any});
            co_await end(co_await child_of(supervisor{co_await child_of(s, "inner")}, "w"),
                         reason::normal);
            EXPECT_EQ(co_await is_alive(s.whereis()), !counts);
            if (counts) {
                EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
            } else {
                EXPECT_EQ(co_await shown(s), "other:alive inner:undefined");
                co_await stop(s.whereis());
                co_await receive<exit_message>();
            }
        }
    });
}

TEST(auto_shutdown, stops_the_other_children_newest_first_and_is_not_reported) {
    std::vector<pid> expected;
    std::vector<pid> ended;
    const auto reports = reports_of<supervisor_report>([&]() -> task<> {
        trap_exit(true);
        const supervisor s =
            co_await started(children(obedient("a"), significant("b", transient), slow("c", 1s)),
                             {.auto_shutdown = any});
        for (const char* id : {"c", "a"}) {
            const pid who = co_await child_of(s, id);
            expected.push_back(who);
            static_cast<void>(monitor(who));
        }
        co_await end(co_await child_of(s, "b"), reason::normal);
        for (int i = 0; i < 2; ++i) {
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.why, reason::shutdown);
            ended.push_back(down.process);
        }
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
    EXPECT_EQ(ended, expected);
    EXPECT_TRUE(reports.empty());
}

TEST(auto_shutdown, does_not_count_toward_the_restarts) {
    child_list list = children(significant("a", temporary), significant("b", temporary),
                               obedient("c").restart(temporary));
    EXPECT_FALSE(shuts_down(list, all, {"a", "c"}, "boom"));
    EXPECT_TRUE(shuts_down(list, all, {"a", "c", "b"}, "boom"));
}

}  // namespace
}  // namespace coppice
