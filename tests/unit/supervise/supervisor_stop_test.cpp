// SPDX-License-Identifier: Apache-2.0
// The stop of a supervisor: its sources, the order of the children's ends, and the duration.

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// The time on the virtual clock to stop a tree of `specs`.
std::chrono::nanoseconds time_to_stop(child_list specs) {
    testing::sim_world world;
    std::chrono::nanoseconds took{-1};
    world.run([&]() -> task<> {
        const supervisor s = co_await started(specs);
        const auto before = world.now();
        co_await stop(s.whereis());
        took = world.now() - before;
    });
    return took;
}

/// The exit reason of the child "a" after its supervisor was asked to shut down.
exit_reason end_of_child(child_spec spec) {
    testing::sim_world world;
    exit_reason why{"none"};
    world.run([&]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(children(spec.id("a")));
        const pid a = co_await child_of(s, "a");
        const ref watching = monitor(a);
        exit(s.whereis(), reason::shutdown);
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        why = down.why;
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
    });
    return why;
}

TEST(shutdown_limit, of_infinity_waits_for_workers_and_supervisors) {
    const child_spec worker = slow("w", 40min).shutdown(infinity);
    EXPECT_EQ(time_to_stop(children(worker)), 40min);
    EXPECT_EQ(time_to_stop(children(slow("s", 40min).type(child_type::supervisor))), 40min);
    EXPECT_EQ(end_of_child(slow("w", 30min).shutdown(infinity)), reason::shutdown);
}

TEST(shutdown_limit, is_met_a_nanosecond_before_and_missed_a_nanosecond_after) {
    EXPECT_EQ(end_of_child(slow("a", 2s - 1ns).shutdown(2s)), reason::shutdown);
    EXPECT_EQ(end_of_child(slow("a", 2s + 1ns).shutdown(2s)), reason::killed);
    EXPECT_EQ(time_to_stop(children(slow("a", 2s - 1ns).shutdown(2s))), 2s - 1ns);
    EXPECT_EQ(time_to_stop(children(slow("a", 2s + 1ns).shutdown(2s))), 2s);
}

TEST(shutdown_limit, of_zero_kills_trapping_children_and_sends_shutdown_to_others) {
    EXPECT_EQ(end_of_child(slow("a", 1ns).shutdown(0ms)), reason::killed);
    EXPECT_EQ(end_of_child(obedient("a").shutdown(0ms)), reason::shutdown);
    EXPECT_EQ(end_of_child(obedient("a").shutdown(1ms)), reason::shutdown);
    EXPECT_EQ(time_to_stop(children(slow("a", 1h).shutdown(0ms))), 0s);
}

TEST(shutdown_limit, of_brutal_kill_does_not_ask) {
    EXPECT_EQ(end_of_child(slow("a", 1ns).shutdown(brutal_kill)), reason::killed);
    EXPECT_EQ(end_of_child(obedient("a").shutdown(brutal_kill)), reason::killed);
    EXPECT_EQ(time_to_stop(children(slow("a", 1h).shutdown(brutal_kill))), 0s);
}

TEST(supervisor_stop, takes_as_long_as_all_children_together) {
    EXPECT_EQ(time_to_stop(children(slow("a", 1s), slow("b", 2s), slow("c", 4s))), 7s);
    const child_spec late = slow("b", 1h).shutdown(3s);
    EXPECT_EQ(time_to_stop(children(slow("a", 1s), late, slow("c", 4s))), 8s);
}

TEST(supervisor_stop, stops_children_newest_first_also_after_restarts) {
    std::vector<pid> ended;
    std::vector<pid> expected;
    testing::sim_world world;
    world.run([&]() -> task<> {
        const supervisor s =
            co_await started(children(obedient("a"), obedient("b"), obedient("c")));
        co_await end(co_await child_of(s, "b"), "boom");
        co_await s.start_child(obedient("d"));
        const auto list = co_await s.which_children();
        for (const child_info& each : list) {
            expected.push_back(each.process);
        }
        world.on_end([&](const pid& who, const exit_reason&) { ended.push_back(who); });
        co_await stop(s.whereis());
    });
    ended.resize(std::min<std::size_t>(ended.size(), 4));
    EXPECT_EQ(ended, expected);
}

TEST(supervisor_stop, meets_children_that_end_by_themselves_and_each_keeps_its_reason) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const std::vector<exit_reason> reasons{reason::normal, reason::shutdown,
                                               reason::shutdown_with("x"), "boom"};
        std::vector<child_spec> specs;
        for (const auto restart : {permanent, transient, temporary}) {
            for (std::size_t i = 0; i < reasons.size(); ++i) {
                const std::string id = std::string{to_string(restart)} + std::to_string(i);
                specs.push_back(obedient(id).restart(restart));
            }
        }
        specs.push_back(slow("last", 1s));
        const supervisor s = co_await started(child_list{specs});
        const auto list = co_await s.which_children();
        const pid who = s.whereis();
        exit(who, reason::shutdown);
        co_await settle();  // the supervisor waits for "last" now
        for (std::size_t i = 1; i < list.size(); ++i) {
            const pid each = list[i].process;
            const exit_reason why = reasons[reasons.size() - 1 - (i - 1) % reasons.size()];
            const ref watching = monitor(each);
            kid::end told{why};
            server<kid>{each}.cast(told);
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, why);
        }
        EXPECT_EQ(co_await end_of(who), reason::shutdown);
    });
}

TEST(supervisor_stop, is_obeyed_when_the_parent_or_a_stop_asks_and_keeps_the_reason) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(children(obedient("a").name("a")));
        const coming_end end{s.whereis()};
        exit(s.whereis(), "tired");
        EXPECT_EQ(co_await end.why(), "tired");
        EXPECT_FALSE(static_cast<bool>(whereis("a")));
        const supervisor t = co_await started(children(obedient("a").name("a")));
        const ref watching = monitor(t.whereis());
        co_await stop(t.whereis(), "enough");
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, "enough");
        EXPECT_FALSE(static_cast<bool>(whereis("a")));
    });
}

TEST(supervisor_stop, is_refused_when_the_exit_comes_from_a_stranger) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        const pid top = s.whereis();
        const std::vector<exit_reason> reasons{reason::normal, reason::shutdown, "boom"};
        for (const exit_reason& why : reasons) {
            const auto body = [top, why]() { exit(top, why); };
            co_await fate_of(body);
        }
        co_await settle();
        EXPECT_TRUE(co_await is_alive(top));
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(top);
    });
}

TEST(supervisor_stop, by_kill_takes_the_whole_tree_along) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        kid::manners how;
        how.traps = true;
        const supervisor s = co_await started(children(
            obedient("a"), child<kid>(how).id("trapping"),
            child_supervisor("inner", children(obedient("b"), child<kid>(how).id("deep")))));
        const supervisor inner{co_await child_of(s, "inner")};
        std::vector<pid> all;
        const std::vector<supervisor> both{s, inner};
        for (const supervisor& each : both) {
            const auto list = co_await each.which_children();
            for (const child_info& info : list) {
                all.push_back(info.process);
            }
        }
        exit(s.whereis(), reason::kill);
        EXPECT_EQ(all.size(), 5U);
        for (const pid& each : all) {
            const exit_reason why = co_await end_of(each);
            EXPECT_TRUE(why == reason::killed || why == reason::noproc || why == reason::shutdown)
                << why;
            EXPECT_FALSE(co_await is_alive(each));
        }
    });
}

struct counted {
    explicit counted(int) {}
    void handle_cast(int) {}
};

TEST(supervisor_stop, leaves_nothing_of_a_hundred_thousand_children) {
    constexpr std::size_t many = 100000;
    std::size_t ended = 0;
    testing::sim_world world;
    world.on_end([&](const pid&, const exit_reason& why) { ended += why == reason::shutdown; });
    const auto how = world.run([&]() -> task<> {
        std::vector<child_spec> specs;
        specs.reserve(many);
        for (std::size_t i = 0; i < many; ++i) {
            specs.push_back(child<counted>(1).id(std::to_string(i)));
        }
        const std::size_t before = processes().size();
        const supervisor s = co_await started(child_list{std::move(specs)});
        EXPECT_EQ(shown(co_await s.count_children()), "100000 100000 0 100000");
        EXPECT_EQ(processes().size(), before + many + 1);
        co_await stop(s.whereis());
        EXPECT_EQ(processes().size(), before);
    });
    EXPECT_EQ(how, reason::normal);
    EXPECT_EQ(ended, many);
}

}  // namespace
}  // namespace coppice
