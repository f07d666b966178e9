// SPDX-License-Identifier: Apache-2.0
// Starts of gen_servers: every form, every outcome, and no remains of a failed start.

#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::next_word;
using test::reports_of;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;

enum class form { alone, link, monitor };
constexpr std::array all_forms{form::alone, form::link, form::monitor};

task<start_result<scripted>> start_as(form how, start_options options, scripted::options server) {
    if (how == form::link) {
        auto starting = start_link<scripted>(std::move(options), std::move(server));
        co_return co_await starting;
    }
    if (how == form::monitor) {
        auto starting = start_monitor<scripted>(std::move(options), std::move(server));
        co_return co_await starting;
    }
    auto starting = start<scripted>(std::move(options), std::move(server));
    co_return co_await starting;
}

/// A server with a constructor that sends the pid and then runs `f`.
template <class F>
scripted::options constructing(F f) {
    scripted::options out{self()};
    out.construct = [f](scripted& s) {
        send(s.chosen.owner, self());
        f(s);
    };
    return out;
}

TEST(start, links_monitors_or_does_neither_according_to_its_form) {
    run_everywhere([]() -> task<> {
        const std::vector<pid> me{self()};
        const std::vector<pid> nobody;
        for (const form how : all_forms) {
            auto starting = start_as(how, {}, scripted::options{self()});
            const start_result<scripted> started = co_await starting;
            EXPECT_TRUE(started.ok());
            EXPECT_EQ(started.error(), reason::normal);
            EXPECT_EQ(static_cast<bool>(started.monitor()), how == form::monitor);
            const auto info = co_await process_info(started.process());
            EXPECT_EQ(info.at(0).links, how == form::link ? me : nobody);
            EXPECT_EQ(info.at(0).monitored_by, how == form::monitor ? me : nobody);
            EXPECT_EQ(info.at(0).parent, self());
            co_await stop(started.value());
            EXPECT_EQ(co_await next_word(), "terminate normal");
            if (how == form::monitor) {
                const down_message down = co_await receive<down_message>();
                EXPECT_EQ(down.monitor, started.monitor());
                EXPECT_EQ(down.process, started.process());
                EXPECT_EQ(down.why, reason::normal);
            }
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

struct bad_start {
    const char* name;
    void (*init)(scripted&);
    bool ignored;
    exit_reason why;
};

class failing_start : public ::testing::TestWithParam<bad_start> {};

TEST_P(failing_start, leaves_no_process_no_name_and_no_message_in_any_form) {
    const bad_start tested = GetParam();
    run_everywhere([tested]() -> task<> {
        trap_exit(true);
        for (const form how : all_forms) {
            auto starting = start_as(how, named("failing"), constructing(tested.init));
            const start_result<scripted> failed = co_await starting;
            EXPECT_FALSE(failed.ok());
            EXPECT_EQ(failed.ignored(), tested.ignored);
            EXPECT_EQ(failed.error(), tested.why);
            EXPECT_FALSE(static_cast<bool>(failed.process()));
            EXPECT_FALSE(static_cast<bool>(failed.monitor()));
            EXPECT_FALSE(static_cast<bool>(whereis("failing")));
            const pid gone = co_await receive<pid>();
            EXPECT_FALSE(co_await is_alive(gone));
            EXPECT_EQ(co_await rest_of_mailbox(), "");  // terminate did not run
        }
    });
}

TEST_P(failing_start, may_be_tried_again_at_once_under_the_same_name) {
    const bad_start tested = GetParam();
    run_everywhere([tested]() -> task<> {
        trap_exit(true);
        for (int i = 0; i < 50; ++i) {
            auto starting = start_as(all_forms[static_cast<std::size_t>(i) % 3], named("failing"),
                                     constructing(tested.init));
            const start_result<scripted> failed = co_await starting;
            EXPECT_EQ(failed.error(), tested.why);  // never already_started
            co_await receive<pid>();
        }
        auto starting = start<scripted>(named("failing"), scripted::options{self()});
        const start_result<scripted> works = co_await starting;
        EXPECT_TRUE(works.ok());
        co_await stop(works.value());
    });
}

INSTANTIATE_TEST_SUITE_P(
    outcomes, failing_start,
    ::testing::Values(
        bad_start{"ignore", [](scripted&) { ignore(); }, true, reason::normal},
        bad_start{"exit", [](scripted&) { exit("no disk"); }, false, "no disk"},
        bad_start{"exit_normal", [](scripted&) { exit(reason::normal); }, false, reason::normal},
        bad_start{"exit_shutdown", [](scripted&) { exit(reason::shutdown); }, false,
                  reason::shutdown},
        bad_start{"exit_kill", [](scripted&) { exit(reason::kill); }, false, reason::kill},
        bad_start{"exit_to_self", [](scripted&) { exit(self(), "own signal"); }, false,
                  "own signal"},
        bad_start{"throw", [](scripted&) { throw std::logic_error{"bad config"}; }, false,
                  exit_reason::error({"std::logic_error", "bad config", {}})}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(start, fails_when_init_exits_with_the_symbol_ignore_and_is_not_ignored) {
    run_everywhere([]() -> task<> {
        auto starting = start_as(form::alone, {}, constructing([](scripted&) { exit("ignore"); }));
        const start_result<scripted> failed = co_await starting;
        EXPECT_FALSE(failed.ignored());
        EXPECT_EQ(failed.error(), "ignore");
    });
}

TEST(start, fails_when_a_coroutine_init_fails_after_a_wait) {
    run_everywhere([]() -> task<> {
        scripted::options how{self()};
        how.init = [](scripted& s) -> task<> {
            co_await yield();
            s.say("init");
            exit("no network");
        };
        auto starting = start<scripted>(named("failing"), how);
        const start_result<scripted> failed = co_await starting;
        EXPECT_EQ(failed.error(), "no network");
        EXPECT_EQ(co_await next_word(), "init");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        EXPECT_FALSE(static_cast<bool>(whereis("failing")));
    });
}

TEST(start_link, that_fails_normally_or_is_ignored_spares_a_caller_that_does_not_trap) {
    run_everywhere([]() -> task<> {
        const auto start_with = [](void (*init)(scripted&)) {
            return [init]() -> task<> {
                auto starting = start_as(form::link, {}, constructing(init));
                const start_result<scripted> failed = co_await starting;
                co_await yield();
                exit(failed.ok() ? "started" : "survived");
            };
        };
        EXPECT_EQ(co_await end_of_new(start_with([](scripted&) { ignore(); })), "survived");
        EXPECT_EQ(co_await end_of_new(start_with([](scripted&) { exit(reason::normal); })),
                  "survived");
        EXPECT_EQ(co_await end_of_new(start_with([](scripted&) { exit("bad"); })), "bad");
        EXPECT_EQ(co_await end_of_new(start_with([](scripted&) { exit(reason::shutdown); })),
                  reason::shutdown);
    });
}

TEST(start, of_a_taken_name_returns_the_holder_and_runs_no_init) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = start<scripted>(named("taken"), scripted::options{self()});
        const start_result<scripted> first = co_await starting;
        for (const form how : all_forms) {
            auto again = start_as(how, named("taken"), constructing([](scripted&) {}));
            const start_result<scripted> refused = co_await again;
            EXPECT_FALSE(refused.ok());
            EXPECT_FALSE(refused.ignored());
            EXPECT_EQ(refused.error()[0], "already_started");
            EXPECT_EQ(refused.error()[1].as_process(), first.process());
            EXPECT_FALSE(static_cast<bool>(refused.monitor()));
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
        EXPECT_EQ(whereis("taken"), first.process());
        co_await stop(first.value());
    });
}

struct race_outcome {
    bool won = false;
    pid who;
};

TEST(start, of_one_name_by_many_at_once_has_one_winner_named_to_the_others) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        const monitored_process holder = spawn_monitor([me]() -> task<> {
            for (int i = 0; i < 8; ++i) {
                spawn([me]() -> task<> {
                    scripted::options how{me};
                    how.init = [](scripted&) -> task<> { co_await yield(); };
                    auto starting = start<scripted>(named("contested"), how);
                    const start_result<scripted> got = co_await starting;
                    const pid who = got.ok() ? got.process() : got.error()[1].as_process();
                    EXPECT_TRUE(got.ok() || got.error()[0] == "already_started");
                    send(me, race_outcome{got.ok(), who});
                });
            }
            co_return;
        });
        int winners = 0;
        const auto first = co_await receive<race_outcome>();
        winners += first.won ? 1 : 0;
        for (int i = 1; i < 8; ++i) {
            const auto next = co_await receive<race_outcome>();
            winners += next.won ? 1 : 0;
            EXPECT_EQ(next.who, first.who);
        }
        EXPECT_EQ(winners, 1);
        EXPECT_EQ(whereis("contested"), first.who);
        co_await stop(first.who);
        static_cast<void>(holder);
    });
}

TEST(start, registers_the_name_before_init_and_returns_after_init) {
    run_simulated([]() -> task<> {
        scripted::options how{self()};
        how.construct = [](scripted& s) {
            s.say(whereis("early") == self() ? "registered" : "not registered");
        };
        how.init = [](scripted& s) -> task<> {
            co_await sleep(50ms);
            s.say("init done");
        };
        auto starting = start<scripted>(named("early"), how);
        const start_result<scripted> started = co_await starting;
        EXPECT_TRUE(started.ok());
        const std::vector<std::string> expected{"registered", "init done"};
        EXPECT_EQ(co_await test::words_so_far(), expected);
    });
}

TEST(start, without_a_name_or_with_the_empty_one_registers_nothing) {
    run_everywhere([]() -> task<> {
        auto starting = start<scripted>(named(""), scripted::options{self()});
        const start_result<scripted> started = co_await starting;
        EXPECT_TRUE(started.ok());
        EXPECT_TRUE(registered().empty());
        co_await stop(started.value());
    });
}

TEST(start, with_an_invalid_name_fails_with_already_started_undefined) {
    run_everywhere([]() -> task<> {
        for (const form how : all_forms) {
            auto starting = start_as(how, named("undefined"), constructing([](scripted&) {}));
            const start_result<scripted> failed = co_await starting;
            EXPECT_FALSE(failed.ok());
            EXPECT_EQ(to_string(failed.error()), "{already_started,undefined}");
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(start, succeeds_just_before_its_limit_and_fails_with_timeout_just_after_in_any_form) {
    run_simulated([]() -> task<> {
        for (const form how : all_forms) {
            scripted::options slow{self()};
            slow.construct = [](scripted& s) { send(s.chosen.owner, self()); };
            slow.init = [](scripted&) -> task<> { co_await sleep(100ms); };
            auto in_time = start_as(how, named("slow").within(100ms + 1ns), slow);
            const start_result<scripted> ok = co_await in_time;
            EXPECT_TRUE(ok.ok());
            EXPECT_EQ(co_await receive<pid>(), ok.process());
            co_await stop(ok.value());
            EXPECT_EQ(co_await next_word(), "terminate normal");
            if (how == form::monitor) {
                co_await receive<down_message>();
            }

            auto late = start_as(how, named("slow").within(100ms - 1ns), slow);
            const start_result<scripted> failed =
                co_await late;  // and the calling process survives
            EXPECT_FALSE(failed.ok());
            EXPECT_EQ(failed.error(), reason::timeout);
            EXPECT_FALSE(static_cast<bool>(failed.monitor()));
            EXPECT_FALSE(static_cast<bool>(whereis("slow")));
            const pid killed = co_await receive<pid>();
            EXPECT_FALSE(co_await is_alive(killed));
            co_await sleep(1s);
            EXPECT_EQ(co_await rest_of_mailbox(), "");
        }
    });
}

TEST(start, whose_init_ends_at_the_very_limit_either_works_or_leaves_nothing) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        testing::sim_world world{seed};
        std::optional<start_result<scripted>> got;
        pid made;
        const pid starter = world.spawn([&]() -> task<> {
            scripted::options slow{self()};
            slow.construct = [&](scripted&) { made = self(); };
            slow.init = [](scripted&) -> task<> { co_await sleep(100ms); };
            auto starting = start<scripted>(start_options{}.within(100ms), slow);
            got = co_await starting;
            co_await receive<int>();
        });
        world.run_until_idle();
        // Both timers fire before any process runs: first the limit's, then the one of init.
        EXPECT_TRUE(world.advance_to_next_timer(100ms));
        EXPECT_TRUE(world.advance_to_next_timer(100ms));
        world.run_until_idle();
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(got->ok(), world.alive(made));
        EXPECT_TRUE(got->ok() || got->error() == reason::timeout) << to_string(got->error());
        EXPECT_TRUE(world.alive(starter));
    }
}

TEST(start, within_zero_time_kills_the_started_process) {
    run_simulated([]() -> task<> {
        scripted::options slow{self()};
        slow.init = [](scripted&) -> task<> { co_await sleep(1ms); };
        auto starting = start_link<scripted>(named("slow").within(0ms), slow);
        const start_result<scripted> failed = co_await starting;
        EXPECT_EQ(failed.error(), reason::timeout);
        EXPECT_FALSE(static_cast<bool>(whereis("slow")));
        co_await sleep(1s);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(parent, is_the_linked_or_monitoring_starter_and_otherwise_none) {
    run_everywhere([]() -> task<> {
        for (const form how : all_forms) {
            trap_exit(true);
            auto starting = start_as(how, {}, scripted::options{self(), true});
            const start_result<scripted> started = co_await starting;
            const pid child = started.process();
            exit(child, reason::normal);
            if (how == form::alone) {
                EXPECT_EQ(co_await next_word(), "exit normal");
                EXPECT_TRUE(co_await is_alive(child));
                co_await stop(started.value());
            }
            EXPECT_EQ(co_await next_word(), "terminate normal");
            EXPECT_FALSE(co_await is_alive(child));
            EXPECT_EQ((co_await receive_for<exit_message>(0ms)).has_value(), how == form::link);
            EXPECT_EQ((co_await receive_for<down_message>(0ms)).has_value(), how == form::monitor);
        }
    });
}

TEST(child_spec, of_a_server_is_a_permanent_worker_with_five_seconds_and_its_classs_name) {
    const child_spec spec = child<scripted>(scripted::options{pid{}});
    EXPECT_EQ(spec.id(), "scripted");
    EXPECT_EQ(spec.name(), "");
    EXPECT_EQ(spec.restart(), restart_type::permanent);
    EXPECT_EQ(spec.shutdown().value(), 5s);
    EXPECT_EQ(spec.type(), child_type::worker);
    EXPECT_FALSE(spec.significant());
}

TEST(start, that_fails_makes_a_crash_report_and_no_server_report_unless_the_reason_is_quiet) {
    const auto crashes_of = [](void (*init)(scripted&)) {
        const auto all = reports_of([init]() -> task<> {
            auto starting = start_as(form::alone, {}, constructing(init));
            const start_result<scripted> failed = co_await starting;
            EXPECT_FALSE(failed.ok());
        });
        EXPECT_TRUE(test::only<server_report>(all).empty());
        return test::only<crash_report>(all);
    };
    EXPECT_TRUE(crashes_of([](scripted&) { ignore(); }).empty());
    EXPECT_TRUE(crashes_of([](scripted&) { exit(reason::normal); }).empty());
    EXPECT_TRUE(crashes_of([](scripted&) { exit(reason::shutdown); }).empty());
    EXPECT_TRUE(crashes_of([](scripted&) { exit(reason::shutdown_with("x")); }).empty());
    EXPECT_TRUE(crashes_of([](scripted&) { exit(self(), "signal"); }).empty());
    const auto by_exit = crashes_of([](scripted&) { exit("bad"); });
    ASSERT_EQ(by_exit.size(), 1U);
    EXPECT_EQ(by_exit[0].why, "bad");
    const auto by_throw = crashes_of([](scripted&) { throw std::runtime_error{"boom"}; });
    ASSERT_EQ(by_throw.size(), 1U);
    EXPECT_EQ(to_string(by_throw[0].why), "{std::runtime_error,\"boom\"}");
}

struct stops_at_once {
    stops_at_once(pid o, bool in_init, exit_reason w)
        : owner{o}, stops_in_init{in_init}, why{std::move(w)} {
        if (!stops_in_init) {
            stop_with(why);
            continue_with(this, 1);
        }
    }
    void init() {
        if (stops_in_init) {
            stop_with(why);
        }
    }
    void handle_continue(int) { send(owner, std::string{"continued"}); }
    void terminate(const exit_reason&) { send(owner, std::string{"terminate"}); }
    pid owner;
    bool stops_in_init;
    exit_reason why;
};
struct stops_after_a_wait {
    task<> init() {
        co_await sleep(1ms);
        stop_with("late");
    }
};

TEST(start, fails_with_the_reason_of_stop_with_in_the_constructor_or_in_init_without_terminate) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (const bool in_init : {false, true}) {
            for (const exit_reason& why : {exit_reason{"no_database"}, reason::shutdown}) {
                auto starting = start_link<stops_at_once>(named("early"), self(), in_init, why);
                const auto started = co_await starting;
                EXPECT_FALSE(started.ok());
                EXPECT_FALSE(started.ignored());
                EXPECT_EQ(started.error(), why);
                EXPECT_FALSE(whereis("early"));
            }
        }
        auto starting = start<stops_after_a_wait>();
        EXPECT_EQ((co_await starting).error(), exit_reason{"late"});
        EXPECT_TRUE((co_await rest_of_mailbox()).empty());
    });
}

TEST(start, of_a_supervisor_fails_when_a_child_stops_itself_in_its_constructor) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        auto starting = supervisor::start_link(
            children(child<stops_at_once>(self(), false, exit_reason{"no_database"})));
        const auto started = co_await starting;
        EXPECT_FALSE(started.ok());
        EXPECT_EQ(to_string(started.error()),
                  "{shutdown,{failed_to_start_child,stops_at_once,no_database}}");
        EXPECT_TRUE((co_await rest_of_mailbox()).empty());
    });
}

}  // namespace
}  // namespace coppice
