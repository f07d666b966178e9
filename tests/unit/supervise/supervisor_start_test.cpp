// SPDX-License-Identifier: Apache-2.0
// The start of a supervisor: the answer, the state after a failed start, and the refusals.

#include <stdexcept>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(supervisor_start, without_children_succeeds_and_its_parent_can_shut_it_down) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const supervisor s = co_await started(children());
        EXPECT_EQ(shown(co_await s.count_children()), "0 0 0 0");
        EXPECT_TRUE((co_await s.which_children()).empty());
        monitor(s.whereis());
        exit(s.whereis(), reason::shutdown);
        EXPECT_EQ((co_await receive<down_message>()).why, reason::shutdown);
    });
}

struct unwilling_tree {
    static supervisor_init init(int how) {
        if (how == 0) {
            ignore();
        }
        if (how == 1) {
            throw std::runtime_error{"no plan"};
        }
        exit("no_site");
    }
};

TEST(supervisor_start, is_ignored_when_init_calls_ignore_and_leaves_no_message) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link<unwilling_tree>(0);
        const auto result = co_await starting;
        EXPECT_TRUE(result.ignored());
        EXPECT_FALSE(result.ok());
        EXPECT_FALSE((co_await receive_for<exit_message>(0ms)).has_value());
    });
}

TEST(supervisor_start, fails_with_the_exception_or_exit_reason_of_init_and_leaves_no_message) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link<unwilling_tree>(1);
        const auto result = co_await starting;
        EXPECT_FALSE(result.ok() || result.ignored());
        const error_info* error = result.error().as_error();
        EXPECT_TRUE(error != nullptr && error->what == "no plan") << result.error();
        auto again = supervisor::start_link<unwilling_tree>(2);
        const auto second = co_await again;
        EXPECT_EQ(second.error(), "no_site");
        EXPECT_FALSE((co_await receive_for<exit_message>(0ms)).has_value());
    });
}

TEST(supervisor_start, that_fails_ends_a_caller_that_does_not_trap_exits) {
    run_everywhere([]() -> task<> {
        const auto body = []() -> task<> {
            co_await failure_of(children(always("a", answer::error)));
            co_await sleep(1s);
        };
        const exit_reason why = co_await fate_of(body);
        EXPECT_EQ(to_string(why), "{shutdown,{failed_to_start_child,a,no_luck}}");
    });
}

TEST(supervisor_start, keeps_the_spec_of_an_ignored_child_unless_temporary) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(
            children(obedient("a"), always("p", answer::ignore),
                     always("t", answer::ignore).restart(transient),
                     always("gone", answer::ignore).restart(temporary), obedient("z")));
        EXPECT_EQ(co_await shown(s), "z:alive t:undefined p:undefined a:alive");
        EXPECT_EQ(shown(co_await s.count_children()), "4 2 0 4");
        EXPECT_EQ((co_await s.get_childspec("gone")).error(), "not_found");
        co_await stop(s.whereis());
    });
}

TEST(start_child, keeps_the_spec_of_an_ignored_child_unless_temporary) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        EXPECT_TRUE((co_await s.start_child(always("p", answer::ignore))).ignored());
        child_spec passing = always("gone", answer::ignore).restart(temporary);
        EXPECT_TRUE((co_await s.start_child(passing)).ignored());
        EXPECT_EQ(co_await shown(s), "p:undefined a:alive");
        EXPECT_EQ(shown(co_await s.count_children()), "2 1 0 2");
        EXPECT_TRUE((co_await s.start_child(passing)).ignored());  // left no trace
        EXPECT_EQ((co_await s.start_child(obedient("p"))).error(), "already_present");
        co_await stop(s.whereis());
    });
}

TEST(start_child, that_fails_returns_the_reason_and_keeps_no_child) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        EXPECT_EQ((co_await s.start_child(always("x", answer::error))).error(), "no_luck");
        const auto crashed = co_await s.start_child(always("x", answer::crash));
        EXPECT_TRUE(crashed.error().as_error() != nullptr) << crashed.error();
        const auto left = co_await s.start_child(scripted("x", script_of(answer::leave)));
        EXPECT_EQ(to_string(left.error()), "{'EXIT',left}");
        const auto raised = co_await s.start_child(scripted("x", script_of(answer::raise)));
        EXPECT_EQ(raised.error().size(), 2U);
        EXPECT_EQ(raised.error()[0], "'EXIT'");
        EXPECT_TRUE(raised.error()[1].as_error() != nullptr) << raised.error();
        EXPECT_EQ(co_await shown(s), "a:alive");
        EXPECT_TRUE((co_await s.start_child(obedient("x"))).ok());
        co_await stop(s.whereis());
    });
}

TEST(restart_child, that_fails_returns_the_reason_and_leaves_the_child_stopped) {
    run_simulated([]() -> task<> {
        script_ptr plot = script_of(answer::ok, answer::error, answer::leave, answer::ignore);
        const supervisor s = co_await started(children(scripted("a", plot)));
        co_await s.terminate_child("a");
        EXPECT_EQ((co_await s.restart_child("a")).error(), "no_luck");
        EXPECT_EQ(co_await shown(s), "a:undefined");
        EXPECT_EQ(to_string((co_await s.restart_child("a")).error()), "{'EXIT',left}");
        EXPECT_TRUE((co_await s.restart_child("a")).ignored());
        EXPECT_EQ(co_await shown(s), "a:undefined");
        EXPECT_TRUE((co_await s.restart_child("a")).ok());
        EXPECT_EQ(co_await shown(s), "a:alive");
        EXPECT_EQ(plot->starts, 5);
        co_await stop(s.whereis());
    });
}

TEST(supervisor_start, wraps_exceptions_of_a_start_function_but_not_of_init) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const exit_reason left =
            co_await failure_of(children(scripted("a", script_of(answer::leave))));
        EXPECT_EQ(to_string(left), "{shutdown,{failed_to_start_child,a,{'EXIT',left}}}");
        const exit_reason crashed = co_await failure_of(children(always("a", answer::crash)));
        EXPECT_EQ(crashed[0], reason::shutdown);
        EXPECT_TRUE(crashed[1][2].as_error() != nullptr) << crashed;
    });
}

TEST(supervisor_start, that_fails_deep_in_a_tree_names_the_path_to_the_child) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        child_list leaf = children(obedient("a"), always("w", answer::error));
        child_list middle = children(child_supervisor("inner", leaf));
        const exit_reason why = co_await failure_of(children(child_supervisor("outer", middle)));
        EXPECT_EQ(to_string(why),
                  "{shutdown,{failed_to_start_child,outer,{shutdown,{failed_to_start_child,inner,"
                  "{shutdown,{failed_to_start_child,w,no_luck}}}}}}");
        EXPECT_FALSE((co_await receive_for<exit_message>(0ms)).has_value());
    });
}

TEST(supervisor_start, that_fails_stops_the_children_before_in_reverse_and_starts_none_after) {
    std::vector<pid> ended;
    testing::sim_world world;
    world.on_end([&](const pid& who, const exit_reason&) { ended.push_back(who); });
    std::vector<pid> in_order;
    const script_ptr never = script_of();
    const auto noted = [&](const char* id) {
        return child_with_start(id, [&in_order, id] {
            in_order.push_back(whereis(id));  // the child before, named with this id
            const std::string next{static_cast<char>(*id + 1)};
            return start_link<kid>(start_options{next});
        });
    };
    world.run([&]() -> task<> {
        trap_exit(true);
        const exit_reason why =
            co_await failure_of(children(noted("a"), noted("b"), noted("c"), noted("d"),
                                         always("bad", answer::error), scripted("z", never)));
        EXPECT_EQ(to_string(why), "{shutdown,{failed_to_start_child,bad,no_luck}}");
    });
    EXPECT_EQ(never->starts, 0);
    ASSERT_EQ(in_order.size(), 4U);
    ASSERT_EQ(ended.size(), 7U);  // bad, d, c, b, a, the supervisor and its caller
    EXPECT_EQ(ended[2], in_order[3]);
    EXPECT_EQ(ended[3], in_order[2]);
    EXPECT_EQ(ended[4], in_order[1]);
}

TEST(supervisor_start, keeps_its_caller_waiting_for_every_init) {
    run_simulated([]() -> task<> {
        kid::manners how;
        how.init_takes = 2s;
        const auto before = detail::now();
        const supervisor s =
            co_await started(children(child<kid>(how).id("a"), child<kid>(how).id("b")));
        EXPECT_EQ(detail::now() - before, 4s);
        co_await stop(s.whereis());
    });
}

TEST(supervisor_start, under_a_name_that_is_taken_names_the_holder_and_starts_no_child) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        script_ptr never = script_of();
        const supervisor s = co_await started(children(), {.name = "top"});
        const exit_reason why =
            co_await failure_of(children(scripted("a", never)), {.name = "top"});
        EXPECT_EQ(why, exit_reason::tuple("already_started", exit_reason::process(s.whereis())));
        EXPECT_EQ(never->starts, 0);
        EXPECT_EQ(whereis("top"), s.whereis());
        co_await stop(s.whereis());
        EXPECT_FALSE(static_cast<bool>(whereis("top")));
    });
}

TEST(start_child, whose_name_a_stranger_has_names_the_stranger) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<kid>(start_options{"taken"});
        const pid stranger = (co_await starting).process();
        const supervisor s = co_await started(children());
        const auto result = co_await s.start_child(obedient("a").name("taken"));
        EXPECT_EQ(result.error(),
                  exit_reason::tuple("already_started", exit_reason::process(stranger)));
        EXPECT_EQ((co_await s.count_children()).specs, 0U);
        co_await stop(s.whereis());
        co_await stop(stranger);
    });
}

task<> idle() {
    co_await sleep(std::chrono::hours{1});
}

TEST(start_child, of_a_function_whose_name_is_taken_leaves_no_process) {
    run_simulated([]() -> task<> {
        register_name("taken", self());
        const supervisor s = co_await started(children());
        const std::size_t before = processes().size();
        const auto result = co_await s.start_child(child("f", idle).name("taken"));
        EXPECT_EQ(result.error(),
                  exit_reason::tuple("already_started", exit_reason::process(self())));
        co_await settle();
        EXPECT_EQ(processes().size(), before);
        co_await stop(s.whereis());
    });
}

TEST(supervisor_name, is_usable_for_every_call_and_moves_to_the_next_holder) {
    run_simulated([]() -> task<> {
        const supervisor top = co_await started(
            children(child_supervisor("inner", children(obedient("a")), {.name = "inner"})));
        const supervisor inner{"inner"};
        const pid first = inner.whereis();
        EXPECT_EQ(co_await shown(inner), "a:alive");
        co_await stop(first);
        co_await settle();
        EXPECT_NE(inner.whereis(), first);
        EXPECT_EQ(co_await shown(inner), "a:alive");
        co_await stop(top.whereis());
    });
}

struct room_tree {
    static supervisor_init init(std::string id) {
        return supervisor::init(children(obedient(id)), {.strategy = one_for_all});
    }
};

TEST(supervisor_class, runs_init_at_each_start_and_is_a_child_with_the_defaults_of_supervisors) {
    run_everywhere([]() -> task<> {
        child_spec spec = child<room_tree>(std::string{"hall"});
        EXPECT_EQ(spec.id(), "room_tree");
        EXPECT_EQ(spec.type(), child_type::supervisor);
        EXPECT_TRUE(spec.shutdown().is_infinity());
        EXPECT_EQ(spec.restart(), permanent);
        const supervisor s = co_await started(children(spec));
        const supervisor inner{co_await child_of(s, "room_tree")};
        EXPECT_EQ(co_await shown(inner), "hall:alive");
        co_await s.terminate_child("room_tree");
        const supervisor next{(co_await s.restart_child("room_tree")).value()};
        EXPECT_EQ(co_await shown(next), "hall:alive");
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
