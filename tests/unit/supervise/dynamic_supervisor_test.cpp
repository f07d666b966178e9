// SPDX-License-Identifier: Apache-2.0
// Dynamic supervisors: starts, answers, limits, and the stop of many children at once.

#include <algorithm>

#include "support/kids.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using namespace test;

using words = std::vector<std::string>;

TEST(dynamic_supervisor, can_be_a_child_with_or_without_a_name) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor_flags named{.max_children = 1, .name = "rooms"};
        child_spec rooms = child<dynamic_supervisor>(named);
        child_spec other = child<dynamic_supervisor>();
        const supervisor s = co_await started(children(rooms, other));
        EXPECT_EQ(co_await shown(s), "dynamic_supervisor:alive rooms:alive");
        EXPECT_EQ(shown(co_await s.count_children()), "2 2 2 0");
        const dynamic_supervisor d{"rooms"};
        EXPECT_EQ(d.whereis(), co_await child_of(s, "rooms"));
        EXPECT_TRUE((co_await d.start_child(obedient("a"))).ok());
        EXPECT_EQ((co_await d.start_child(obedient("a"))).error(), "max_children");
        const auto info = co_await process_info(d.whereis());
        EXPECT_EQ(info.at(0).parent, s.whereis());
        co_await stop(s.whereis());
        EXPECT_FALSE(static_cast<bool>(whereis("rooms")));
    });
}

/// A start function that answers with an existing process.
child_spec given(const pid& who) {
    return child_with_start("given", [who]() -> task<start_result<kid>> {
        detail::start_outcome outcome;
        outcome.kind = detail::start_kind::ok;
        outcome.process = who;
        co_return start_result<kid>{outcome};
    });
}

TEST(dynamic_supervisor, lists_a_process_once_even_if_a_start_returns_the_process_again) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(obedient("a"))).value();
        const pid b = (co_await d.start_child(obedient("b"))).value();
        EXPECT_EQ((co_await d.start_child(given(a))).process(), a);
        EXPECT_EQ(shown(co_await d.count_children()), "2 2 0 2");
        EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
        EXPECT_EQ((co_await d.terminate_child(a)).error(), "not_found");
        EXPECT_EQ((co_await d.which_children()).at(0).process, b);
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
    });
}

TEST(dynamic_supervisor, counts_a_process_returned_again_by_the_type_in_the_later_spec) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(obedient("a"))).value();
        const child_spec as_supervisor = given(a).type(child_type::supervisor);
        EXPECT_EQ((co_await d.start_child(as_supervisor)).process(), a);
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 1 0");
        EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
    });
}

/// The first start makes a process; each restart answers with `other`.
child_spec restarted_as(const pid& other) {
    const auto plot = script_of(answer::ok);
    const auto begin = [other, plot]() -> task<start_result<kid>> {
        if (plot->starts > 0) {
            detail::start_outcome outcome;
            outcome.kind = detail::start_kind::ok;
            outcome.process = other;
            co_return start_result<kid>{outcome};
        }
        plot->take();
        auto starting = start_link<kid>();
        co_return co_await starting;
    };
    return child_with_start("restarted as", begin);
}

TEST(dynamic_supervisor, lists_a_process_once_even_if_a_restart_returns_that_of_another_child) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid b = (co_await d.start_child(obedient("b"))).value();
        const pid a = (co_await d.start_child(restarted_as(b))).value();
        EXPECT_EQ(shown(co_await d.count_children()), "2 2 0 2");
        exit(a, "boom");
        co_await sleep(1s);
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
        EXPECT_EQ((co_await d.which_children()).at(0).process, b);
        EXPECT_TRUE((co_await d.terminate_child(b)).has_value());
        EXPECT_EQ((co_await d.terminate_child(b)).error(), "not_found");
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
    });
}

TEST(dynamic_supervisor, finds_each_of_many_children_after_removals_in_any_order) {
    run_everywhere([]() -> task<> {
        constexpr std::size_t count = 100;
        const dynamic_supervisor d = co_await started_dynamic();
        std::vector<pid> left;
        for (std::size_t i = 0; i < count; ++i) {
            left.push_back((co_await d.start_child(obedient("a"))).value());
        }
        for (std::size_t i = 0; !left.empty(); i += 37) {
            const auto next = left.begin() + static_cast<std::ptrdiff_t>(i % left.size());
            EXPECT_TRUE((co_await d.terminate_child(*next)).has_value());
            EXPECT_FALSE((co_await d.terminate_child(*next)).has_value());
            left.erase(next);
            std::vector<pid> known;
            const std::vector<child_info> children = co_await d.which_children();
            for (const child_info& each : children) {
                known.push_back(each.process);
            }
            EXPECT_TRUE(std::ranges::is_permutation(known, left));
        }
    });
}

TEST(dynamic_supervisor, is_linked_to_its_starter_and_stops_with_the_given_reason) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic({.name = "d"});
        EXPECT_EQ(whereis("d"), d.whereis());
        co_await stop(d.whereis(), "enough");
        const exit_message gone = co_await receive<exit_message>();
        EXPECT_EQ(gone.from, d.whereis());
        EXPECT_EQ(gone.why, "enough");
        EXPECT_FALSE(static_cast<bool>(whereis("d")));
        const dynamic_supervisor e = co_await started_dynamic();
        exit(e.whereis(), "tired");
        EXPECT_EQ((co_await receive<exit_message>()).why, "tired");
    });
}

TEST(dynamic_supervisor, with_wrong_flags_does_not_start) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const auto why = [](dynamic_supervisor_flags flags) -> task<std::string> {
            auto starting = dynamic_supervisor::start_link(flags);
            const auto result = co_await starting;
            co_return to_string(result.error());
        };
        EXPECT_EQ(co_await why({.max_restarts = -1, .max_seconds = 0s}),
                  "{supervisor_data,{invalid_intensity,-1}}");
        EXPECT_EQ(co_await why({.max_seconds = 0s}), "{supervisor_data,{invalid_period,0}}");
        EXPECT_EQ(co_await why({.max_seconds = -1s}), "{supervisor_data,{invalid_period,-1}}");
        EXPECT_EQ(co_await why({.max_restarts = 0, .max_seconds = 1s, .max_children = 0}),
                  "normal");
    });
}

TEST(dynamic_supervisor, under_a_name_that_is_taken_names_the_holder) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic({.name = "d"});
        auto starting = dynamic_supervisor::start_link({.name = "d"});
        const auto result = co_await starting;
        EXPECT_EQ(result.error(),
                  exit_reason::tuple("already_started", exit_reason::process(d.whereis())));
        co_await stop(d.whereis());
    });
}

TEST(dynamic_supervisor, ends_a_caller_with_noproc_after_the_supervisor_has_stopped) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        co_await stop(d.whereis());
        const auto asks = [d]() -> task<> { co_await d.count_children(); };
        const exit_reason why = co_await fate_of(asks);
        EXPECT_EQ(why[0], reason::noproc);
        const auto starts = [d]() -> task<> { co_await d.start_child(obedient("a")); };
        const exit_reason second = co_await fate_of(starts);
        EXPECT_EQ(second[0], reason::noproc);
    });
}

TEST(start_child, refuses_a_wrong_spec_without_asking_the_dynamic_supervisor) {
    run_simulated([]() -> task<> {
        const auto why = [](child_spec spec) -> task<std::string> {
            const dynamic_supervisor nobody{"nobody"};
            const child_result answered = co_await nobody.start_child(spec);
            co_return to_string(answered.error());
        };
        EXPECT_EQ(co_await why(child_spec{"a", {}}), "missing_start");
        EXPECT_EQ(co_await why(obedient("a").shutdown(-1ms)), "{invalid_shutdown,-1}");
        EXPECT_EQ(co_await why(obedient("a").restart(static_cast<restart_type>(9))),
                  "{invalid_restart_type,9}");
        EXPECT_EQ(co_await why(obedient("a").type(static_cast<child_type>(9))),
                  "{invalid_child_type,9}");
    });
}

TEST(start_child, of_a_dynamic_supervisor_refuses_significant_children) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        for (const auto restart : {permanent, transient, temporary}) {
            child_spec spec = obedient("a").restart(restart).significant(true);
            EXPECT_EQ(to_string((co_await d.start_child(spec)).error()),
                      "{invalid_significant,true}");
        }
        EXPECT_EQ((co_await d.count_children()).specs, 0U);
        co_await stop(d.whereis());
    });
}

TEST(start_child,
     of_a_dynamic_supervisor_returns_the_result_of_the_start_and_keeps_running_children) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        EXPECT_TRUE((co_await d.start_child(obedient("a"))).ok());
        EXPECT_TRUE((co_await d.start_child(always("a", answer::ignore))).ignored());
        EXPECT_EQ((co_await d.start_child(always("a", answer::error))).error(), "no_luck");
        const auto crashed = co_await d.start_child(always("a", answer::crash));
        EXPECT_TRUE(crashed.error().as_error() != nullptr) << crashed.error();
        const auto left = co_await d.start_child(scripted("a", script_of(answer::leave)));
        EXPECT_EQ(left.error(), "left");
        const auto raised = co_await d.start_child(scripted("a", script_of(answer::raise)));
        EXPECT_TRUE(raised.error().as_error() != nullptr) << raised.error();
        EXPECT_EQ(shown(co_await d.count_children()), "1 1 0 1");
        co_await stop(d.whereis());
    });
}

TEST(start_child, of_a_dynamic_supervisor_takes_any_id_any_number_of_times) {
    run_everywhere([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const pid a = (co_await d.start_child(obedient("a"))).value();
        const pid b = (co_await d.start_child(obedient("a"))).value();
        EXPECT_TRUE((co_await d.start_child(obedient(""))).ok());
        EXPECT_NE(a, b);
        const auto list = co_await d.which_children();
        EXPECT_EQ(list.size(), 3U);
        for (const child_info& each : list) {
            EXPECT_EQ(each.id, "undefined");
            EXPECT_EQ(each.status, child_status::running);
            EXPECT_EQ(each.type, child_type::worker);
        }
        co_await stop(d.whereis());
    });
}

TEST(start_child, accepts_a_shutdown_of_zero_and_one) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        EXPECT_TRUE((co_await d.start_child(obedient("a").shutdown(0ms))).ok());
        EXPECT_TRUE((co_await d.start_child(obedient("a").shutdown(1ms))).ok());
        co_await stop(d.whereis());
    });
}

TEST(max_children, is_the_number_of_accepted_children_and_an_end_makes_room) {
    run_simulated([]() -> task<> {
        for (const std::size_t limit : {0U, 1U, 3U}) {
            const dynamic_supervisor d = co_await started_dynamic({.max_children = limit});
            const child_spec spec = obedient("a").restart(temporary);
            pid last;
            for (std::size_t i = 0; i < limit; ++i) {
                EXPECT_TRUE((co_await d.start_child(always("x", answer::ignore))).ignored());
                last = (co_await d.start_child(spec)).value();
            }
            EXPECT_EQ((co_await d.start_child(spec)).error(), "max_children");
            EXPECT_EQ((co_await d.count_children()).specs, limit);
            if (limit > 0) {
                co_await end(last, reason::normal);
                EXPECT_TRUE((co_await d.start_child(spec)).ok());
                EXPECT_EQ((co_await d.start_child(spec)).error(), "max_children");
            }
            co_await stop(d.whereis());
        }
    });
}

TEST(terminate_child, of_a_dynamic_supervisor_knows_its_living_children_only) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const supervisor stranger = co_await started(children());
        for (const shutdown_limit limit : {brutal_kill, infinity, shutdown_limit{1s}}) {
            const pid a = (co_await d.start_child(obedient("a").shutdown(limit))).value();
            const ref watching = monitor(a);
            EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, limit.is_brutal_kill() ? reason::killed : reason::shutdown);
            EXPECT_EQ((co_await d.terminate_child(a)).error(), "not_found");
            EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
        }
        EXPECT_EQ((co_await d.terminate_child(stranger.whereis())).error(), "not_found");
        EXPECT_EQ((co_await d.terminate_child(pid{})).error(), "not_found");
        EXPECT_TRUE(co_await is_alive(stranger.whereis()));
        co_await stop(d.whereis());
        co_await stop(stranger.whereis());
    });
}

TEST(terminate_child, of_a_dynamic_supervisor_gives_a_child_its_limit_exactly) {
    run_simulated([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        for (const auto takes : {2s - 1ns, 2s + 1ns}) {
            const pid a = (co_await d.start_child(slow("a", takes).shutdown(2s))).value();
            const auto before = detail::now();
            const ref watching = monitor(a);
            co_await d.terminate_child(a);
            EXPECT_EQ(detail::now() - before, std::min<std::chrono::nanoseconds>(takes, 2s));
            const auto down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, takes < 2s ? reason::shutdown : reason::killed);
        }
        co_await stop(d.whereis());
    });
}

/// The end of each child, in the order of the starts, after a shutdown of the dynamic supervisor. The last
/// word is the duration of the shutdown.
words ends_at_stop(std::vector<child_spec> specs) {
    testing::sim_world world;
    words out;
    const auto ended = world.run([&]() -> task<> {
        trap_exit(true);
        const dynamic_supervisor d = co_await started_dynamic();
        std::vector<pid> kids;
        for (const child_spec& spec : specs) {
            kids.push_back((co_await d.start_child(spec)).value());
            static_cast<void>(monitor(kids.back()));
        }
        const auto before = world.now();
        exit(d.whereis(), reason::shutdown);
        EXPECT_EQ((co_await receive<exit_message>()).why, reason::shutdown);
        const auto took = world.now() - before;
        for (const pid& each : kids) {
            auto waiting = receive(when([each](const down_message& m) { return m.process == each; },
                                        [](const down_message& m) { return m.why; }));
            const exit_reason why = co_await waiting;
            out.push_back(to_string(why));
        }
        out.push_back(
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    });
    EXPECT_EQ(ended, reason::normal);
    return out;
}

TEST(dynamic_supervisor_stop, ends_each_child_according_to_its_limit) {
    const auto three = [](const child_spec& spec) { return std::vector{spec, spec, spec}; };
    EXPECT_EQ(ends_at_stop(three(slow("a", 9s).shutdown(brutal_kill))),
              (words{"killed", "killed", "killed", "0"}));
    EXPECT_EQ(ends_at_stop(three(slow("a", 40min).shutdown(infinity))),
              (words{"shutdown", "shutdown", "shutdown", "2400000"}));
    EXPECT_EQ(ends_at_stop(three(slow("a", 999ms).shutdown(1s))),
              (words{"shutdown", "shutdown", "shutdown", "999"}));
    EXPECT_EQ(ends_at_stop({slow("a", 1001ms).shutdown(1s), obedient("b").shutdown(1s)}),
              (words{"killed", "shutdown", "1000"}));
    EXPECT_EQ(ends_at_stop({slow("a", 1ms).shutdown(0ms), obedient("b").shutdown(0ms)}),
              (words{"killed", "shutdown", "0"}));
}

TEST(dynamic_supervisor_stop, leaves_children_their_own_reasons) {
    const exit_reason own = reason::shutdown_with("oops");
    EXPECT_EQ(ends_at_stop({leaving_with("a", own).shutdown(infinity),
                            leaving_with("b", own).shutdown(1s), leaving_with("c", "boom"),
                            leaving_with("d", reason::normal)}),
              (words{"{shutdown,oops}", "{shutdown,oops}", "boom", "normal", "0"}));
}

TEST(dynamic_supervisor_stop, serves_different_limits_at_once) {
    EXPECT_EQ(ends_at_stop({slow("a", 3s).shutdown(infinity), slow("b", 9s).shutdown(brutal_kill),
                            slow("c", 9s).shutdown(1s), slow("d", 9s).shutdown(2s),
                            slow("e", 1500ms).shutdown(2s)}),
              (words{"shutdown", "killed", "killed", "killed", "shutdown", "3000"}));
}

struct counted {
    explicit counted(int) {}
    void handle_cast(int) {}
};

TEST(dynamic_supervisor, counts_thousands_of_children_by_type_and_none_when_all_are_killed) {
    testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        const dynamic_supervisor d = co_await started_dynamic();
        const child_spec worker = child<counted>(1).restart(temporary);
        const child_spec tree = child_supervisor("s", children()).restart(temporary);
        for (int i = 0; i < 1000; ++i) {
            co_await d.start_child(worker);
        }
        EXPECT_EQ(shown(co_await d.count_children()), "1000 1000 0 1000");
        for (int i = 0; i < 1000; ++i) {
            co_await d.start_child(tree);
        }
        EXPECT_EQ(shown(co_await d.count_children()), "2000 2000 1000 1000");
        const auto list = co_await d.which_children();
        EXPECT_EQ(list.size(), 2000U);
        for (const child_info& each : list) {
            exit(each.process, reason::kill);
        }
        co_await settle();
        EXPECT_EQ(shown(co_await d.count_children()), "0 0 0 0");
        co_await stop(d.whereis());
    });
    EXPECT_EQ(ended, reason::normal);
}

TEST(dynamic_supervisor, stops_ten_thousand_one_by_one_and_a_hundred_thousand_at_once) {
    std::size_t told = 0;
    testing::sim_world world;
    world.on_end([&](const pid&, const exit_reason& why) { told += why == reason::shutdown; });
    const auto ended = world.run([&]() -> task<> {
        const std::size_t before = processes().size();
        const dynamic_supervisor d = co_await started_dynamic();
        std::vector<pid> first;
        for (std::size_t i = 0; i < 110000; ++i) {
            const pid each = (co_await d.start_child(child<counted>(1))).value();
            if (i < 10000) {
                first.push_back(each);
            }
        }
        EXPECT_EQ(shown(co_await d.count_children()), "110000 110000 0 110000");
        for (const pid& each : first) {
            EXPECT_TRUE((co_await d.terminate_child(each)).has_value());
        }
        EXPECT_EQ(shown(co_await d.count_children()), "100000 100000 0 100000");
        EXPECT_EQ((co_await d.which_children()).size(), 100000U);
        EXPECT_EQ(told, 10000U);
        co_await stop(d.whereis());
        EXPECT_EQ(processes().size(), before);
    });
    EXPECT_EQ(ended, reason::normal);
    EXPECT_EQ(told, 110000U);
}

}  // namespace
}  // namespace coppice
