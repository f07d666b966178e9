// SPDX-License-Identifier: Apache-2.0
// The conditions for terminate to run, its argument, and the reports on the end of a gen_server.

#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::failure_of;
using test::fresh;
using test::fresh_child;
using test::next_word;
using test::only;
using test::reports_of;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words;
using test::words_so_far;

/// Makes a server end; the caller is the parent.
struct trigger {
    const char* name;
    bool traps;
    void (*pull)(const server<scripted>&);
    const char* terminates;  ///< The output of terminate; empty if terminate does not run.
    exit_reason end;
};

class terminate_trigger : public ::testing::TestWithParam<trigger> {};

TEST_P(terminate_trigger, runs_terminate_as_in_otp_and_ends_with_the_reason) {
    const trigger tested = GetParam();
    run_everywhere([tested]() -> task<> {
        trap_exit(true);
        const server<scripted> s = co_await fresh_child(scripted::options{self(), tested.traps});
        tested.pull(s);
        const exit_message end = co_await receive<exit_message>();
        EXPECT_EQ(end.from, s.whereis());
        EXPECT_EQ(end.why, tested.end);
        const std::string terminates{tested.terminates};
        const auto expected = terminates.empty() ? words() : words(terminates);
        EXPECT_EQ(co_await words_so_far(), expected);
    });
}

void by_cast(const server<scripted>& s, void (*f)(scripted&)) {
    s.cast(scripted::tell{f});
}
const exit_reason boom = exit_reason::error({"std::runtime_error", "boom", {}});

INSTANTIATE_TEST_SUITE_P(
    table, terminate_trigger,
    ::testing::Values(
        trigger{"stop_with", false,
                [](const auto& s) { by_cast(s, [](scripted&) { stop_with("enough"); }); },
                "terminate enough", "enough"},
        trigger{"stop_with_in_a_coroutine_that_does_not_wait", false,
                [](const auto& s) {
                    s.cast(scripted::tell_task{[](scripted&) -> task<> {
                        stop_with("enough");
                        co_return;
                    }});
                },
                "terminate enough", "enough"},
        trigger{"stop_with_in_a_coroutine_that_waits", false,
                [](const auto& s) {
                    s.cast(scripted::tell_task{[](scripted&) -> task<> {
                        co_await yield();
                        stop_with("enough");
                    }});
                },
                "terminate enough", "enough"},
        trigger{"stop_with_in_a_continuation_that_does_not_wait", false,
                [](const auto& s) {
                    by_cast(s, [](scripted& me) {
                        continue_with(&me, scripted::go_on_task{[](scripted&) -> task<> {
                            stop_with("enough");
                            co_return;
                        }});
                    });
                },
                "terminate enough", "enough"},
        trigger{
            "throw", false,
            [](const auto& s) { by_cast(s, [](scripted&) { throw std::runtime_error{"boom"}; }); },
            "terminate {std::runtime_error,\"boom\"}", boom},
        trigger{"throw_after_stop_with", false,
                [](const auto& s) {
                    by_cast(s, [](scripted&) {
                        stop_with("enough");
                        throw std::runtime_error{"boom"};
                    });
                },
                "terminate {std::runtime_error,\"boom\"}", boom},
        trigger{"throw_in_a_continuation_after_stop_with", false,
                [](const auto& s) {
                    by_cast(s, [](scripted& me) {
                        continue_with(&me, scripted::go_on_task{[](scripted&) -> task<> {
                            stop_with("enough");
                            throw std::runtime_error{"boom"};
                            co_return;
                        }});
                    });
                },
                "terminate {std::runtime_error,\"boom\"}", boom},
        trigger{"exit", false, [](const auto& s) { by_cast(s, [](scripted&) { exit("left"); }); },
                "terminate left", "left"},
        trigger{"exit_kill", false,
                [](const auto& s) { by_cast(s, [](scripted&) { exit(reason::kill); }); },
                "terminate kill", reason::kill},
        trigger{"asked_to_stop", false,
                [](const auto& s) { spawn([s]() -> task<> { co_await stop(s, "asked"); }); },
                "terminate asked", "asked"},
        trigger{"parents_exit_trapped", true,
                [](const auto& s) { exit(s.whereis(), reason::shutdown); }, "terminate shutdown",
                reason::shutdown},
        trigger{"parents_normal_exit_trapped", true,
                [](const auto& s) { exit(s.whereis(), reason::normal); }, "terminate normal",
                reason::normal},
        trigger{"parents_abnormal_exit_trapped", true,
                [](const auto& s) { exit(s.whereis(), "angry"); }, "terminate angry", "angry"},
        trigger{"parents_exit_untrapped", false,
                [](const auto& s) { exit(s.whereis(), reason::shutdown); }, "", reason::shutdown},
        trigger{"strangers_exit_untrapped", false,
                [](const auto& s) {
                    const pid to = s.whereis();
                    spawn([to] { exit(to, "stranger"); });
                },
                "", "stranger"},
        trigger{"own_signal_untrapped", false,
                [](const auto& s) { by_cast(s, [](scripted&) { exit(self(), "own"); }); }, "",
                "own"},
        trigger{"kill_trapped", true, [](const auto& s) { exit(s.whereis(), reason::kill); }, "",
                reason::killed},
        trigger{"kill_untrapped", false, [](const auto& s) { exit(s.whereis(), reason::kill); }, "",
                reason::killed}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(parents_end, stops_a_trapping_child_for_any_reason_of_the_parent_including_kill) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const exit_reason& why :
             {reason::normal, reason::shutdown, reason::kill, exit_reason{"crash"}}) {
            const auto parent = [me, why]() -> task<> {
                const server<scripted> s = co_await fresh_child(scripted::options{me, true});
                send(me, s.whereis());
                exit(why);
            };
            spawn(parent);
            const pid child = co_await receive<pid>();
            EXPECT_EQ(co_await next_word(), "terminate " + to_string(why));
            const exit_reason end = co_await end_of(child);
            EXPECT_TRUE(end == why || end == reason::noproc) << to_string(end);
        }
        const pid killed = spawn([me]() -> task<> {
            const server<scripted> s = co_await fresh_child(scripted::options{me, true});
            send(me, s.whereis());
            co_await receive<int>();
        });
        co_await receive<pid>();
        exit(killed, reason::kill);
        EXPECT_EQ(co_await next_word(), "terminate killed");
    });
}

TEST(strangers_end, is_a_message_for_a_child_that_traps) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh(scripted::options{self(), true});
        for (const exit_reason& why : {reason::normal, reason::shutdown, exit_reason{"crash"}}) {
            const pid to = s.whereis();
            const auto stranger = [to, why] {
                link(to);
                exit(why);
            };
            spawn(stranger);
            EXPECT_EQ(co_await next_word(), "exit " + to_string(why));
        }
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        co_await stop(s);
    });
}

/// The end of a server that is asked to stop with `abnormal` and does `f` in terminate.
template <class F>
task<exit_reason> end_with(F f) {
    scripted::options how{self()};
    how.terminate = f;
    const server<scripted> s = co_await fresh(how);
    const ref watching = monitor(s.whereis());
    s.cast(scripted::tell{[](scripted&) { stop_with("abnormal"); }});
    const down_message down = co_await receive<down_message>();
    EXPECT_EQ(down.monitor, watching);
    co_return down.why;
}

TEST(terminate, replaces_the_reason_only_by_its_own_exception_or_exit) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(co_await end_with([](scripted&, const exit_reason&) -> task<> { co_return; }),
                  "abnormal");
        EXPECT_EQ(co_await end_with([](scripted&, const exit_reason&) -> task<> {
                      co_await yield();
                      throw std::runtime_error{"boom"};
                  }),
                  boom);
        EXPECT_EQ(co_await end_with([](scripted&, const exit_reason&) -> task<> {
                      exit("other");
                      co_return;
                  }),
                  "other");
        EXPECT_EQ(co_await end_with([](scripted&, const exit_reason&) -> task<> {
                      stop_with("ignored here");
                      co_return;
                  }),
                  "abnormal");
    });
}

TEST(terminate, may_call_servers_and_send_messages_that_arrive_before_the_end) {
    run_everywhere([]() -> task<> {
        const server<scripted> other = co_await fresh();
        scripted::options how{self()};
        how.terminate = [other](scripted& s, const exit_reason&) -> task<> {
            const int got = co_await other.call(scripted::get{});
            s.say("got " + std::to_string(got));
        };
        const server<scripted> s = co_await fresh_child(how);
        trap_exit(true);
        s.cast(scripted::tell{[](scripted&) { stop_with("done"); }});
        EXPECT_EQ((co_await receive<exit_message>()).why, "done");
        EXPECT_EQ(co_await words_so_far(), words("got 0"));
        co_await stop(other);
    });
}

TEST(terminate, is_ended_by_an_exit_signal) {
    run_simulated([]() -> task<> {
        scripted::options how{self()};
        how.terminate = [](scripted& s, const exit_reason&) -> task<> {
            s.say("begins");
            co_await sleep(1h);
        };
        const server<scripted> s = co_await fresh(how);
        const ref watching = monitor(s.whereis());
        s.cast(scripted::tell{[](scripted&) { stop_with("abnormal"); }});
        EXPECT_EQ(co_await next_word(), "begins");
        exit(s.whereis(), reason::kill);
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, reason::killed);
    });
}

TEST(terminate, sees_the_state_that_the_crashed_handler_left) {
    run_everywhere([]() -> task<> {
        scripted::options how{self()};
        how.terminate = [](scripted& s, const exit_reason&) -> task<> {
            co_await yield();
            s.say("value " + std::to_string(s.value));
            co_return;
        };
        const server<scripted> s = co_await fresh(how);
        s.cast(scripted::tell{[](scripted& t) {
            t.value = 6;
            throw std::runtime_error{"boom"};
        }});
        EXPECT_EQ(co_await next_word(), "value 6");
    });
}

/// Has no terminate.
struct plain {
    struct get {};
    struct crash {};
    struct leave {};
    int handle_call(get) { return 1; }
    void handle_cast(crash) { throw std::runtime_error{"boom"}; }
    void handle_cast(leave) { stop_with("left"); }
};

TEST(a_server_without_terminate, ends_with_the_original_reason) {
    run_everywhere([]() -> task<> {
        auto first = start<plain>();
        co_await stop((co_await first).value());  // normal
        auto second = start_monitor<plain>();
        (co_await second).value().cast(plain::crash{});
        EXPECT_EQ((co_await receive<down_message>()).why, boom);
        auto third = start_monitor<plain>();
        (co_await third).value().cast(plain::leave{});
        EXPECT_EQ((co_await receive<down_message>()).why, "left");
        auto fourth = start_monitor<plain>();
        co_await stop((co_await fourth).value(), "asked");
        EXPECT_EQ((co_await receive<down_message>()).why, "asked");
    });
}

}  // namespace
}  // namespace coppice
