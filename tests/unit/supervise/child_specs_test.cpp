// SPDX-License-Identifier: Apache-2.0
// Flags and child specifications: defaults, and the error text of each refusal.

#include <gtest/gtest.h>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr auto never = auto_shutdown_mode::never;
constexpr auto any = auto_shutdown_mode::any_significant;
constexpr auto all = auto_shutdown_mode::all_significant;

std::string wrong(child_spec spec, auto_shutdown_mode mode = never) {
    const void_result checked = check_childspecs(children(std::move(spec)), mode);
    return checked ? "ok" : to_string(checked.error());
}

TEST(child_spec, has_the_defaults_of_otp) {
    const child_spec worker = child<kid>();
    EXPECT_EQ(worker.id(), "kid");
    EXPECT_EQ(worker.restart(), permanent);
    EXPECT_EQ(worker.shutdown(), shutdown_limit{5s});
    EXPECT_EQ(worker.type(), child_type::worker);
    EXPECT_FALSE(worker.significant());
    const child_spec tree = child_supervisor("tree", children());
    EXPECT_TRUE(tree.shutdown().is_infinity());
    EXPECT_EQ(tree.type(), child_type::supervisor);
    EXPECT_TRUE(child<kid>().type(child_type::supervisor).shutdown().is_infinity());
    EXPECT_EQ(child<dynamic_supervisor>({.name = "rooms"}).id(), "rooms");
    EXPECT_EQ(child<dynamic_supervisor>({}).id(), "dynamic_supervisor");
    EXPECT_EQ(child<dynamic_supervisor>({}).type(), child_type::supervisor);
}

struct thorough {
    static constexpr child_defaults as_child{
        .restart = transient, .shutdown = 7s, .significant = true};
    void handle_cast(int) {}
};

TEST(child_spec, takes_the_defaults_of_its_class_and_lets_them_be_overridden) {
    const child_spec spec = child<thorough>();
    EXPECT_EQ(spec.restart(), transient);
    EXPECT_EQ(spec.shutdown(), shutdown_limit{7s});
    EXPECT_TRUE(spec.significant());
    const child_spec other =
        child<thorough>().id("x").restart(temporary).shutdown(brutal_kill).significant(false);
    EXPECT_EQ(other.id(), "x");
    EXPECT_EQ(other.restart(), temporary);
    EXPECT_TRUE(other.shutdown().is_brutal_kill());
    EXPECT_FALSE(other.significant());
}

TEST(supervisor_flags, are_three_restarts_in_five_seconds_one_for_one_and_never) {
    const supervisor_flags flags;
    EXPECT_EQ(flags.strategy, one_for_one);
    EXPECT_EQ(flags.max_restarts, 3);
    EXPECT_EQ(flags.max_seconds, 5s);
    EXPECT_EQ(flags.auto_shutdown, never);
    const dynamic_supervisor_flags dynamic;
    EXPECT_EQ(dynamic.max_restarts, 3);
    EXPECT_EQ(dynamic.max_seconds, 5s);
    EXPECT_EQ(dynamic.max_children, unlimited);
}

TEST(child_spec, is_accepted_with_every_valid_combination) {
    for (const auto restart : {permanent, transient, temporary}) {
        for (const auto limit : {shutdown_limit{0ms}, shutdown_limit{1ms}, brutal_kill, infinity}) {
            for (const auto type : {child_type::worker, child_type::supervisor}) {
                EXPECT_EQ(wrong(obedient("a").restart(restart).shutdown(limit).type(type)), "ok");
            }
        }
    }
}

TEST(child_spec, is_refused_with_the_words_of_otp) {
    EXPECT_EQ(wrong(obedient("")), "missing_id");
    EXPECT_EQ(wrong(child_spec{"a", {}}), "missing_start");
    EXPECT_EQ(wrong(obedient("a").restart(static_cast<restart_type>(9))),
              "{invalid_restart_type,9}");
    EXPECT_EQ(wrong(obedient("a").type(static_cast<child_type>(9))), "{invalid_child_type,9}");
    EXPECT_EQ(wrong(obedient("a").shutdown(-1ms)), "{invalid_shutdown,-1}");
    EXPECT_EQ(wrong(obedient("a").shutdown(4'294'967'296ms)), "{invalid_shutdown,4294967296}");
    EXPECT_EQ(wrong(obedient("a").shutdown(4'294'967'295ms)), "ok");
}

TEST(child_spec, that_is_wrong_in_two_ways_is_refused_for_the_first) {
    const auto restart = static_cast<restart_type>(9);
    const auto type = static_cast<child_type>(9);
    EXPECT_EQ(wrong(child_spec{"", {}}), "missing_id");
    EXPECT_EQ(wrong(child_spec{"a", {}}.restart(restart)), "missing_start");
    EXPECT_EQ(wrong(obedient("a").restart(restart).significant(true)), "{invalid_restart_type,9}");
    EXPECT_EQ(wrong(obedient("a").significant(true).type(type)),
              "{bad_combination,{auto_shutdown,never},{significant,true}}");
    EXPECT_EQ(wrong(obedient("a").type(type).shutdown(-1ms)), "{invalid_child_type,9}");
}

TEST(child_spec, that_is_significant_needs_a_mode_and_must_not_be_permanent) {
    const std::string mode = "{bad_combination,{auto_shutdown,never},{significant,true}}";
    const std::string restart = "{bad_combination,{restart,permanent},{significant,true}}";
    for (const auto type : {permanent, transient, temporary}) {
        EXPECT_EQ(wrong(obedient("a").restart(type).significant(true), never), mode);
        for (const auto given : {any, all}) {
            EXPECT_EQ(wrong(obedient("a").restart(type).significant(true), given),
                      type == permanent ? restart : "ok");
        }
        for (const auto given : {never, any, all}) {
            EXPECT_EQ(wrong(obedient("a").restart(type), given), "ok");
        }
    }
}

TEST(child_specs, with_the_same_id_twice_are_refused) {
    EXPECT_EQ(
        to_string(check_childspecs(children(obedient("a"), obedient("b"), obedient("a"))).error()),
        "{duplicate_child_name,a}");
    EXPECT_TRUE(check_childspecs(children(obedient("a"), obedient("A"))).has_value());
    EXPECT_EQ(to_string(check_childspecs(
                            children(child<dynamic_supervisor>({}), child<dynamic_supervisor>({})))
                            .error()),
              "{duplicate_child_name,dynamic_supervisor}");
}

TEST(supervisor_start, with_wrong_flags_fails_for_the_first_wrong_one) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        supervisor_flags flags;
        flags.auto_shutdown = static_cast<auto_shutdown_mode>(9);
        EXPECT_EQ(to_string(co_await failure_of(children(), flags)),
                  "{supervisor_data,{invalid_auto_shutdown,9}}");
        flags.max_seconds = 0s;
        EXPECT_EQ(to_string(co_await failure_of(children(), flags)),
                  "{supervisor_data,{invalid_period,0}}");
        flags.max_seconds = -1s;
        EXPECT_EQ(to_string(co_await failure_of(children(), flags)),
                  "{supervisor_data,{invalid_period,-1}}");
        flags.max_restarts = -1;
        EXPECT_EQ(to_string(co_await failure_of(children(), flags)),
                  "{supervisor_data,{invalid_intensity,-1}}");
        flags.strategy = static_cast<restart_strategy>(9);
        EXPECT_EQ(to_string(co_await failure_of(children(obedient("")), flags)),
                  "{supervisor_data,{invalid_strategy,9}}");
        EXPECT_EQ(to_string(co_await failure_of(children(obedient("")))),
                  "{start_spec,missing_id}");
    });
}

TEST(supervisor_start, with_the_least_flags_succeeds) {
    run_simulated([]() -> task<> {
        const supervisor s =
            co_await started(children(obedient("a")), {.max_restarts = 0, .max_seconds = 1s});
        EXPECT_EQ(co_await shown(s), "a:alive");
        co_await stop(s.whereis());
    });
}

TEST(start_child, refuses_a_wrong_spec_with_bare_words_and_goes_on) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a")));
        const auto why = [s](child_spec spec) -> task<std::string> {
            const child_result answered = co_await s.start_child(spec);
            co_return to_string(answered.error());
        };
        EXPECT_EQ(co_await why(obedient("")), "missing_id");
        EXPECT_EQ(co_await why(child_spec{"x", {}}), "missing_start");
        EXPECT_EQ(co_await why(obedient("x").shutdown(-1ms)), "{invalid_shutdown,-1}");
        EXPECT_EQ(co_await why(obedient("x").restart(transient).significant(true)),
                  "{bad_combination,{auto_shutdown,never},{significant,true}}");
        EXPECT_EQ(co_await why(obedient("x").shutdown(0ms)), "normal");
        EXPECT_EQ(co_await why(obedient("y").shutdown(1ms)), "normal");
        EXPECT_EQ(co_await shown(s), "y:alive x:alive a:alive");
        EXPECT_EQ((co_await s.get_childspec("x"))->shutdown(), shutdown_limit{0ms});
        co_await stop(s.whereis());
    });
}

TEST(get_childspec, tells_all_of_a_specification) {
    run_simulated([]() -> task<> {
        const supervisor s = co_await started(children(obedient("a").restart(transient).name("n")),
                                              {.auto_shutdown = any});
        co_await s.start_child(child_supervisor("t", children()));
        co_await s.start_child(obedient("s").restart(temporary).significant(true).shutdown(2s));
        const child_spec a = *co_await s.get_childspec("a");
        EXPECT_EQ(a.restart(), transient);
        EXPECT_EQ(a.name(), "n");
        EXPECT_EQ(a.shutdown(), shutdown_limit{5s});
        EXPECT_FALSE(a.significant());
        const child_spec t = *co_await s.get_childspec("t");
        EXPECT_EQ(t.type(), child_type::supervisor);
        EXPECT_TRUE(t.shutdown().is_infinity());
        const child_spec sig = *co_await s.get_childspec("s");
        EXPECT_TRUE(sig.significant());
        EXPECT_EQ(sig.shutdown(), shutdown_limit{2s});
        EXPECT_EQ((co_await s.get_childspec("x")).error(), "not_found");
        co_await stop(s.whereis());
    });
}

}  // namespace
}  // namespace coppice
