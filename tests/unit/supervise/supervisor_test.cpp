// SPDX-License-Identifier: Apache-2.0
// Supervisors from the user's side: answers of the API, restarts, limits, shutdown. tests/conformance
// compares the behaviour in thousands of trees with OTP.

#include "coppice/supervisor.hpp"

#include <stdexcept>

#include "coppice/dynamic_supervisor.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::coming_end;
using test::run_everywhere;
using test::run_simulated;

struct worker {
    struct get {};
    struct crash {};
    struct finish {};
    explicit worker(bool traps = false) { trap_exit(traps); }
    int handle_call(get) const { return 1; }
    void handle_cast(crash) { throw std::runtime_error{"boom"}; }
    void handle_cast(finish) { stop_with(reason::normal); }
};

struct wilful {
    explicit wilful(int outcome) {
        if (outcome == 1) {
            ignore();
        }
        if (outcome == 2) {
            exit("no luck");
        }
    }
};

child_spec named_worker(const std::string& id) {
    return child<worker>().id(id).name(id);
}

task<supervisor> started(child_list specs, supervisor_flags flags = {}) {
    auto starting = supervisor::start_link(std::move(specs), flags);
    const auto result = co_await starting;
    co_return result.value();
}

/// Waits until `name` belongs to another process than `before`.
task<pid> next_holder(std::string name, pid before) {
    for (;;) {
        const pid now = whereis(name);
        if (now && now != before) {
            co_return now;
        }
        co_await yield();
    }
}

TEST(supervisor, restarts_a_killed_child_and_leaves_its_siblings_alone) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(named_worker("a"), named_worker("b")));
        const pid a = whereis("a");
        const pid b = whereis("b");
        exit(a, reason::kill);
        EXPECT_NE(co_await next_holder("a", a), a);
        EXPECT_EQ(whereis("b"), b);
        co_await stop(s.whereis());
        EXPECT_FALSE(static_cast<bool>(whereis("a")));
        EXPECT_FALSE(static_cast<bool>(whereis("b")));
    });
}

TEST(supervisor, lists_its_children_newest_first_and_counts_them) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(
            named_worker("a"), child<wilful>(1).id("ignored"),
            child_supervisor("sub", children(named_worker("b")), {.strategy = one_for_all})));
        const auto list = co_await s.which_children();
        EXPECT_EQ(list.size(), 3U);
        EXPECT_EQ(list.at(0).id, "sub");
        EXPECT_EQ(list.at(0).type, child_type::supervisor);
        EXPECT_EQ(list.at(1).id, "ignored");
        EXPECT_EQ(list.at(1).status, child_status::stopped);
        EXPECT_EQ(list.at(2).process, whereis("a"));
        const child_counts counts = co_await s.count_children();
        EXPECT_EQ(counts.specs, 3U);
        EXPECT_EQ(counts.active, 2U);
        EXPECT_EQ(counts.supervisors, 1U);
        EXPECT_EQ(counts.workers, 2U);
        co_await stop(s.whereis());
    });
}

TEST(supervisor, gives_the_answers_of_otp_to_every_request_about_a_child) {
    run_everywhere([]() -> task<> {
        const supervisor s = co_await started(children(named_worker("a")));
        EXPECT_EQ((co_await s.start_child(named_worker("a"))).error()[0], "already_started");
        EXPECT_EQ((co_await s.restart_child("a")).error(), "running");
        EXPECT_EQ((co_await s.delete_child("a")).error(), "running");
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_EQ((co_await s.start_child(named_worker("a"))).error(), "already_present");
        EXPECT_TRUE((co_await s.restart_child("a")).ok());
        EXPECT_TRUE((co_await s.terminate_child("a")).has_value());
        EXPECT_TRUE((co_await s.delete_child("a")).has_value());
        EXPECT_EQ((co_await s.delete_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.restart_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.terminate_child("a")).error(), "not_found");
        EXPECT_EQ((co_await s.get_childspec("a")).error(), "not_found");
        EXPECT_TRUE((co_await s.start_child(child<wilful>(1).id("i"))).ignored());
        EXPECT_EQ((co_await s.start_child(child<wilful>(2).id("f"))).error(), "no luck");
        EXPECT_EQ((co_await s.get_childspec("f")).error(), "not_found");
        EXPECT_EQ((co_await s.get_childspec("i"))->shutdown(), shutdown_limit{5s});
        EXPECT_EQ((co_await s.count_children()).specs, 1U);
        co_await stop(s.whereis());
    });
}

TEST(supervisor, undoes_its_start_when_a_child_does_not_start) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link(
            children(named_worker("a"), child<wilful>(2).id("bad"), named_worker("never")));
        const auto result = co_await starting;
        EXPECT_FALSE(result.ok());
        EXPECT_EQ(to_string(result.error()), "{shutdown,{failed_to_start_child,bad,no luck}}");
        EXPECT_FALSE(static_cast<bool>(whereis("a")));
        EXPECT_FALSE((co_await receive_for<exit_message>(0ms)).has_value());
    });
}

TEST(supervisor, gives_up_with_shutdown_when_there_are_too_many_restarts) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const supervisor s =
            co_await started(children(named_worker("a"), named_worker("b")), {.max_restarts = 2});
        pid last = whereis("a");
        for (int i = 0; i < 2; ++i) {
            exit(last, reason::kill);
            last = co_await next_holder("a", last);
        }
        EXPECT_TRUE(co_await is_alive(s.whereis()));
        exit(last, reason::kill);
        const exit_message gone = co_await receive<exit_message>();
        EXPECT_EQ(gone.from, s.whereis());
        EXPECT_EQ(gone.why, reason::shutdown);
        EXPECT_FALSE(static_cast<bool>(whereis("b")));
    });
}

TEST(supervisor, forgets_restarts_that_are_older_than_its_window) {
    run_simulated([]() -> task<> {
        const supervisor s =
            co_await started(children(named_worker("a")), {.max_restarts = 1, .max_seconds = 5s});
        for (int i = 0; i < 10; ++i) {
            exit(whereis("a"), reason::kill);
            co_await sleep(6s);
        }
        EXPECT_TRUE(co_await is_alive(s.whereis()));
    });
}

struct stubborn {
    stubborn() { trap_exit(true); }
    task<> terminate(exit_reason) { co_await sleep(1h); }
};

TEST(supervisor, kills_a_child_that_overstays_its_limit_exactly_then) {
    testing::sim_world world;
    std::chrono::nanoseconds took{0};
    world.run([&]() -> task<> {
        const supervisor s = co_await started(children(child<stubborn>().shutdown(2s)));
        const auto before = world.now();
        co_await stop(s.whereis());
        took = world.now() - before;
    });
    EXPECT_EQ(took, 2s);
}

TEST(supervisor, refuses_an_invalid_tree_with_the_reason) {
    run_simulated([]() -> task<> {
        trap_exit(true);
        const auto failure = [](child_list list, supervisor_flags flags) -> task<std::string> {
            auto starting = supervisor::start_link(std::move(list), flags);
            const auto result = co_await starting;
            co_return to_string(result.error());
        };
        EXPECT_EQ(co_await failure(children(), {.max_restarts = -1}),
                  "{supervisor_data,{invalid_intensity,-1}}");
        EXPECT_EQ(co_await failure(children(), {.max_seconds = 0s}),
                  "{supervisor_data,{invalid_period,0}}");
        EXPECT_EQ(co_await failure(children(child<worker>(), child<worker>()), {}),
                  "{start_spec,{duplicate_child_name,worker}}");
        EXPECT_EQ(co_await failure(children(child<worker>().shutdown(-1ms)), {}),
                  "{start_spec,{invalid_shutdown,-1}}");
        EXPECT_EQ(co_await failure(children(child<worker>().significant(true)), {}),
                  "{start_spec,{bad_combination,{auto_shutdown,never},{significant,true}}}");
    });
}

TEST(supervisor, reports_a_crash_in_the_order_of_otp) {
    std::vector<std::string> reports;
    runtime_options options;
    options.on_report = [&](const report& r) {
        const std::string text = to_string(r);
        reports.push_back(text.substr(0, text.find('\n')));
    };
    testing::sim_world world{1, options};
    world.run([&]() -> task<> {
        const supervisor s = co_await started(children(named_worker("a")), {.name = "top"});
        server<worker>{"a"}.cast(worker::crash{});
        co_await sleep(1s);
        co_await stop(s.whereis());
    });
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(reports[0], "gen_server a terminating");
    EXPECT_TRUE(reports[1].starts_with("CRASH REPORT Process <0.")) << reports[1];
    EXPECT_EQ(reports[2], "SUPERVISOR REPORT top: child_terminated");
}

TEST(dynamic_supervisor, starts_finds_and_stops_children_by_pid) {
    run_everywhere([]() -> task<> {
        auto starting = dynamic_supervisor::start_link({.max_children = 2});
        const auto result = co_await starting;
        const dynamic_supervisor d{result.process()};
        const pid a = (co_await d.start_child(child<worker>())).value();
        const pid b = (co_await d.start_child(child<worker>())).value();
        EXPECT_EQ((co_await d.start_child(child<worker>())).error(), "max_children");
        EXPECT_EQ((co_await d.count_children()).active, 2U);
        EXPECT_TRUE((co_await d.terminate_child(a)).has_value());
        EXPECT_EQ((co_await d.terminate_child(a)).error(), "not_found");
        EXPECT_FALSE(co_await is_alive(a));
        EXPECT_TRUE(co_await is_alive(b));
        EXPECT_EQ((co_await d.which_children()).size(), 1U);
        co_await stop(d.whereis());
        EXPECT_FALSE(co_await is_alive(b));
    });
}

TEST(dynamic_supervisor, stops_all_children_at_once) {
    testing::sim_world world;
    std::chrono::nanoseconds took{0};
    world.run([&]() -> task<> {
        auto starting = dynamic_supervisor::start_link();
        const auto result = co_await starting;
        const dynamic_supervisor d{result.process()};
        for (int i = 0; i < 200; ++i) {
            co_await d.start_child(child<stubborn>().shutdown(std::chrono::milliseconds{100 + i}));
        }
        const auto before = world.now();
        co_await stop(d.whereis());
        took = world.now() - before;
    });
    EXPECT_EQ(took, 299ms);
}

struct leaver {
    struct leave {};
    explicit leaver(pid s) : supervisor{s} {}
    task<> handle_cast(leave) { co_await dynamic_supervisor{supervisor}.terminate_child(self()); }
    pid supervisor;
};

TEST(dynamic_supervisor, may_be_asked_by_a_child_to_stop_that_child) {
    run_everywhere([]() -> task<> {
        auto starting = dynamic_supervisor::start_link();
        const auto result = co_await starting;
        const dynamic_supervisor d{result.process()};
        const pid p = (co_await d.start_child(child<leaver>(d.whereis()))).value();
        const coming_end end{p};
        server<leaver>{p}.cast(leaver::leave{});
        EXPECT_EQ(co_await end.why(), reason::shutdown);
        EXPECT_EQ((co_await d.count_children()).specs, 0U);
    });
}

TEST(dynamic_supervisor, handles_a_hundred_thousand_children) {
    testing::sim_world world;
    const auto ended = world.run([]() -> task<> {
        auto starting = dynamic_supervisor::start_link();
        const auto result = co_await starting;
        const dynamic_supervisor d{result.process()};
        for (int i = 0; i < 100000; ++i) {
            co_await d.start_child(child<worker>().restart(temporary));
        }
        EXPECT_EQ((co_await d.count_children()).active, 100000U);
        co_await stop(d.whereis());
    });
    EXPECT_EQ(ended, reason::normal);
}

}  // namespace
}  // namespace coppice
