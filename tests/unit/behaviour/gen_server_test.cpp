// SPDX-License-Identifier: Apache-2.0
// gen_server: start, calls and failures of calls, timeouts, continue, stop, terminate.

#include "coppice/gen_server.hpp"

#include <stdexcept>
#include <thread>

#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::coming_end;
using test::run_everywhere;
using test::run_simulated;

struct said {
    std::string text;
};

/// Obeys commands, and reports every event to the owner.
struct probe {
    struct get {};
    struct slow_get {
        std::chrono::milliseconds time{0};
    };
    struct later {
        using reply = int;
    };
    struct answer_now {};
    struct crash {};
    struct leave {};
    struct stop_after_reply {};
    struct stop_without_reply {
        using reply = int;
    };
    struct add {
        int by = 1;
    };
    struct note {
        int number = 0;
    };
    struct with_timeout {
        std::chrono::milliseconds time{0};
    };
    struct step {
        int number = 0;
    };
    struct go_on {};
    using info_messages = messages<note>;

    explicit probe(pid tell, bool traps = false) : owner{tell} { trap_exit(traps); }

    int handle_call(get) const { return value; }
    task<int> handle_call(slow_get m) {
        co_await sleep(m.time);
        co_return value;
    }
    void handle_call(later, reply_to<int> to) { pending = to; }
    int handle_call(crash) { throw std::runtime_error{"boom"}; }
    int handle_call(leave) { coppice::exit("left"); }
    int handle_call(stop_after_reply) {
        stop_with(reason::shutdown_with("done"));
        return 42;
    }
    void handle_call(stop_without_reply, reply_to<int>) { stop_with("quiet exit"); }

    void handle_cast(add m) { value += m.by; }
    void handle_cast(answer_now) { reply(pending, value); }
    void handle_cast(with_timeout m) { timeout_after(m.time); }
    void handle_cast(go_on) { continue_with(this, step{1}); }
    void handle_cast(crash) { throw std::runtime_error{"boom"}; }

    void handle_info(note m) { send(owner, said{"note " + std::to_string(m.number)}); }
    void handle_info(timeout) { send(owner, said{"timeout"}); }
    void handle_info(exit_message m) { send(owner, said{"exit " + to_string(m.why)}); }
    void handle_continue(step m) {
        send(owner, said{"step " + std::to_string(m.number)});
        if (m.number < 2) {
            continue_with(this, step{m.number + 1});
        }
    }

    void terminate(exit_reason why) { send(owner, said{"terminate " + to_string(why)}); }

    pid owner;
    int value = 0;
    reply_to<int> pending;
};

task<std::string> next_word() {
    const said word = co_await receive<said>();
    co_return word.text;
}

TEST(gen_server, answers_calls_after_the_casts_that_were_sent_before) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<probe>(self());
        const server<probe> s = (co_await starting).value();
        s.cast(probe::add{2});
        s.cast(probe::add{3});
        EXPECT_EQ(co_await s.call(probe::get{}), 5);
        co_await stop(s);
    });
}

TEST(gen_server, is_found_by_name_and_frees_the_name_at_its_end) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(named("probe"), self());
        const server<probe> s = (co_await starting).value();
        EXPECT_EQ(server<probe>{"probe"}.whereis(), s.whereis());
        auto again = start<probe>(named("probe"), self());
        const start_result<probe> taken = co_await again;
        EXPECT_FALSE(taken.ok());
        EXPECT_EQ(taken.error()[0], "already_started");
        co_await stop(s);
        EXPECT_FALSE(static_cast<bool>(whereis("probe")));
    });
}

TEST(call, of_a_coroutine_handler_is_answered_when_it_returns) {
    run_simulated([]() -> task<> {
        auto starting = start_link<probe>(self());
        const server<probe> s = (co_await starting).value();
        s.cast(probe::add{7});
        EXPECT_EQ(co_await s.call(probe::slow_get{100ms}), 7);
        co_await stop(s);
    });
}

TEST(call, may_be_answered_later_and_from_another_handler) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        const pid me = self();
        spawn([s, me]() -> task<> {
            auto calling = s.call(probe::later{});
            send(me, co_await calling);
        });
        co_await yield();
        s.cast(probe::add{9});
        // The call may arrive after this cast; then the next `answer_now` answers the call.
        for (;;) {
            s.cast(probe::answer_now{});
            auto waiting = receive_for<int>(1ms);
            const std::optional<int> got = co_await waiting;
            if (got) {
                EXPECT_EQ(*got, 9);
                break;
            }
        }
        co_await stop(s);
    });
}

template <class M>
task<std::string> failure_of(server<probe> s, M m, std::chrono::nanoseconds time) {
    auto calling = s.try_call(m, time);
    const auto result = co_await calling;
    co_return result ? "answered" : to_string(result.error()[0]);
}

TEST(call, fails_with_the_reasons_of_otp) {
    run_simulated([]() -> task<> {
        const pid me = self();
        const auto fresh = [me]() -> task<server<probe>> {
            auto starting = start<probe>(me);
            const start_result<probe> started = co_await starting;
            co_return started.value();
        };
        EXPECT_EQ(co_await failure_of(co_await fresh(), probe::crash{}, 5s),
                  "{std::runtime_error,\"boom\"}");
        EXPECT_EQ(co_await failure_of(co_await fresh(), probe::leave{}, 5s), "left");
        EXPECT_EQ(co_await failure_of(co_await fresh(), probe::stop_without_reply{}, 5s),
                  "quiet exit");
        EXPECT_EQ(co_await failure_of(co_await fresh(), probe::slow_get{60ms}, 50ms), "timeout");
        EXPECT_EQ(co_await failure_of(server<probe>{"nobody"}, probe::get{}, 5s), "noproc");
        EXPECT_EQ(co_await failure_of(server<probe>{me}, probe::get{}, 5s), "calling_self");
        const server<probe> dead = co_await fresh();
        co_await stop(dead);
        EXPECT_EQ(co_await failure_of(dead, probe::get{}, 5s), "noproc");
    });
}

TEST(call, exits_the_caller_when_it_fails) {
    run_everywhere([]() -> task<> {
        const auto caller = spawn_monitor([]() -> task<> {
            const server<probe> nobody{"nobody"};
            co_await nobody.call(probe::get{});
        });
        const exit_reason why = (co_await receive<down_message>()).why;
        EXPECT_EQ(why[0], reason::noproc);
        EXPECT_EQ(why[1][0], "gen_server");
        EXPECT_EQ(why[1][2][0], "nobody");
        static_cast<void>(caller);
    });
}

TEST(call, that_timed_out_is_carried_out_and_its_late_reply_never_arrives) {
    run_simulated([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        EXPECT_EQ(co_await failure_of(s, probe::slow_get{100ms}, 10ms), "timeout");
        co_await sleep(1s);
        auto nothing =
            receive(after(0ms, [] { return false; }), [](const any_message&) { return true; });
        EXPECT_FALSE(co_await nothing);
        EXPECT_EQ(co_await s.call(probe::get{}), 0);
        const auto info = co_await process_info(s.whereis());
        EXPECT_TRUE(info.at(0).monitored_by.empty());
    });
}

TEST(stop_with, sends_the_reply_after_terminate) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        const ref watching = monitor(s.whereis());
        EXPECT_EQ(co_await s.call(probe::stop_after_reply{}), 42);
        // Terminate ran first, so the message of terminate is here already.
        auto word = receive_for<said>(0ms);
        EXPECT_EQ((co_await word)->text, "terminate {shutdown,done}");
        EXPECT_EQ((co_await receive<down_message>()).monitor, watching);
    });
}

TEST(stop, waits_for_the_end_and_fails_with_noproc_for_a_dead_server) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        co_await stop(s, "bye");
        EXPECT_EQ(co_await next_word(), "terminate bye");
        EXPECT_FALSE(co_await is_alive(s.whereis()));
        const auto late = spawn_monitor([s]() -> task<> { co_await stop(s); });
        EXPECT_EQ((co_await receive<down_message>()).why, reason::noproc);
        static_cast<void>(late);
    });
}

TEST(timeout_after, fires_when_nothing_comes_and_is_cancelled_by_any_message) {
    run_simulated([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        s.cast(probe::with_timeout{100ms});
        EXPECT_EQ(co_await next_word(), "timeout");
        s.cast(probe::with_timeout{100ms});
        co_await sleep(50ms);
        s.cast(probe::add{1});
        auto nothing = receive_for<said>(1s);
        EXPECT_FALSE((co_await nothing).has_value());
    });
}

TEST(timeout_after, of_zero_is_cancelled_by_a_waiting_message) {
    run_simulated(
        []() -> task<> {
            auto starting = start<probe>(self());
            const server<probe> s = (co_await starting).value();
            s.cast(probe::with_timeout{0ms});
            s.cast(probe::add{1});
            auto nothing = receive_for<said>(1s);
            EXPECT_FALSE((co_await nothing).has_value());
            s.cast(probe::with_timeout{0ms});
            EXPECT_EQ(co_await next_word(), "timeout");
        },
        1);
}

TEST(continue_with, runs_before_messages_that_wait_and_may_chain) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        s.cast(probe::go_on{});
        send(s.whereis(), probe::note{5});
        EXPECT_EQ(co_await next_word(), "step 1");
        EXPECT_EQ(co_await next_word(), "step 2");
        EXPECT_EQ(co_await next_word(), "note 5");
        co_await stop(s);
    });
}

TEST(terminate, runs_when_the_parent_exits_only_if_exits_are_trapped) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const bool traps : {true, false}) {
            const auto parent = spawn_monitor([me, traps]() -> task<> {
                auto starting = start_link<probe>(me, traps);
                const server<probe> s = (co_await starting).value();
                send(me, s.whereis());
                co_await receive<int>();
            });
            const pid child = co_await receive<pid>();
            const coming_end end{child};
            exit(parent.process, reason::shutdown);
            EXPECT_EQ(co_await end.why(), reason::shutdown);
            auto word = receive_for<said>(0ms);
            EXPECT_EQ((co_await word).has_value(), traps);
            co_await receive<down_message>();
        }
    });
}

TEST(terminate, does_not_run_when_the_server_is_killed) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self(), true);
        const server<probe> s = (co_await starting).value();
        exit(s.whereis(), reason::kill);
        EXPECT_FALSE(co_await is_alive(s.whereis()));
        auto word = receive_for<said>(0ms);
        EXPECT_FALSE((co_await word).has_value());
    });
}

TEST(handle_info, gets_exit_messages_of_processes_other_than_the_parent) {
    run_everywhere([]() -> task<> {
        auto starting = start<probe>(self(), true);
        const server<probe> s = (co_await starting).value();
        exit(s.whereis(), "poke");
        EXPECT_EQ(co_await next_word(), "exit poke");
        co_await stop(s);
    });
}

TEST(handle_info, is_not_reached_by_a_message_without_handler_and_the_server_lives) {
    std::vector<std::string> reports;
    runtime_options options;
    options.on_report = [&](const report& r) { reports.push_back(to_string(r)); };
    testing::sim_world world{1, options};
    world.run([]() -> task<> {
        auto starting = start<probe>(self());
        const server<probe> s = (co_await starting).value();
        send(s.whereis(), 3.5);
        EXPECT_EQ(co_await s.call(probe::get{}), 0);
    });
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_NE(reports[0].find("no handler for the message 3.5"), std::string::npos) << reports[0];
}

struct failing {
    enum class how { ignores, exits, throws, lives };
    explicit failing(how h) {
        switch (h) {
            case how::ignores:
                ignore();
            case how::exits:
                exit("no disk");
            case how::throws:
                throw std::logic_error{"bad config"};
            case how::lives:
                break;
        }
    }
    struct ready {};
    bool handle_call(ready) { return true; }
};

TEST(start_link, that_fails_leaves_no_process_no_name_and_no_message) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        for (const auto how : {failing::how::ignores, failing::how::exits, failing::how::throws}) {
            auto starting = start_link<failing>(named("failing"), how);
            const start_result<failing> result = co_await starting;
            EXPECT_FALSE(result.ok());
            EXPECT_EQ(result.ignored(), how == failing::how::ignores);
            EXPECT_FALSE(static_cast<bool>(whereis("failing")));
            auto nothing =
                receive(after(0ms, [] { return false; }), [](const any_message&) { return true; });
            EXPECT_FALSE(co_await nothing);
        }
    });
}

TEST(start_link, of_a_failing_server_kills_a_caller_that_does_not_trap) {
    run_everywhere([]() -> task<> {
        const auto survives = spawn_monitor([]() -> task<> {
            auto starting = start_link<failing>(failing::how::ignores);
            const auto result = co_await starting;
            exit(result.ignored() ? "survived" : "odd");
        });
        EXPECT_EQ((co_await receive<down_message>()).why, "survived");
        const auto dies = spawn_monitor([]() -> task<> {
            auto starting = start_link<failing>(failing::how::exits);
            const auto result = co_await starting;
            co_await yield();
            exit(result.ok() ? "odd" : "outlived");
        });
        EXPECT_EQ((co_await receive<down_message>()).why, "no disk");
        static_cast<void>(survives);
        static_cast<void>(dies);
    });
}

struct slow_start {
    explicit slow_start(std::chrono::milliseconds t) : time{t} {}
    task<> init() { co_await sleep(time); }
    std::chrono::milliseconds time;
};

TEST(start, with_a_limit_fails_with_timeout_when_init_takes_longer_and_not_before) {
    run_simulated([]() -> task<> {
        auto in_time = start<slow_start>(named("slow").within(100ms), 99ms);
        const start_result<slow_start> ok = co_await in_time;
        EXPECT_TRUE(ok.ok());
        co_await stop(ok.process());
        auto late = start<slow_start>(named("slow").within(100ms), 101ms);
        const start_result<slow_start> failed = co_await late;
        EXPECT_EQ(failed.error(), reason::timeout);
        EXPECT_FALSE(static_cast<bool>(whereis("slow")));
    });
}

TEST(runtime, calls_and_waits_from_outside) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    world.start();
    const pid holder = world.spawn([]() -> task<> {
        auto starting = start_link<probe>(named("probe"), self());
        const auto started = co_await starting;
        co_await receive<int>();
        static_cast<void>(started);
    });
    const server<probe> s{"probe"};
    auto answered = world.call(s, probe::get{});
    while (!answered && answered.error()[0] == reason::noproc) {
        answered = world.call(s, probe::get{});  // the server is still starting
    }
    ASSERT_TRUE(answered.has_value());
    EXPECT_EQ(*answered, 0);
    world.exit(holder, reason::kill);
    EXPECT_TRUE(world.wait(holder).has_value());
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

TEST(runtime, names_the_process_that_blocks_a_stop) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    world.start();
    const pid stubborn = world.spawn([]() -> task<> {
        trap_exit(true);
        register_name("stubborn", self());
        for (;;) {
            co_await receive<exit_message>();
        }
    });
    world.send(stubborn, 1);
    while (!world.whereis("stubborn")) {
        std::this_thread::yield();
    }
    const stop_result stopped = world.stop(20ms);
    ASSERT_EQ(stopped.blocking.size(), 1U);
    EXPECT_EQ(stopped.blocking[0].process, stubborn);
    EXPECT_EQ(stopped.blocking[0].registered_name, "stubborn");
    EXPECT_TRUE(stopped.blocking[0].killed);
}

}  // namespace
}  // namespace coppice
