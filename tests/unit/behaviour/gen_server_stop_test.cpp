// SPDX-License-Identifier: Apache-2.0
// Stops of gen_servers, from outside and by the server.

#include <stdexcept>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::failure_of;
using test::fresh;
using test::next_word;
using test::rest_of_mailbox;
using test::run_everywhere;
using test::run_simulated;
using test::scripted;
using test::words_so_far;

/// The end of a process that stops `who`; `stopped` if the stop succeeded.
template <class Who>
task<exit_reason> end_of_stopper(Who who, exit_reason why = reason::normal,
                                 std::chrono::nanoseconds timeout = no_timeout) {
    return end_of_new([who, why, timeout]() -> task<> {
        co_await stop(who, why, timeout);
        exit("stopped");
    });
}

TEST(stop, by_pid_works_once_and_fails_with_noproc_then) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        EXPECT_EQ(co_await end_of_stopper(s.whereis()), "stopped");
        EXPECT_EQ(co_await next_word(), "terminate normal");
        EXPECT_FALSE(co_await is_alive(s.whereis()));
        EXPECT_EQ(co_await end_of_stopper(s.whereis()), reason::noproc);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

TEST(stop, ends_the_server_with_exactly_the_reason_asked_for) {
    run_everywhere([]() -> task<> {
        for (const exit_reason& why :
             {reason::normal, reason::shutdown, reason::shutdown_with("x"), reason::kill,
              reason::killed, exit_reason{"other"}, reason::timeout}) {
            const server<scripted> s = co_await fresh();
            const ref watching = monitor(s.whereis());
            EXPECT_EQ(co_await end_of_stopper(s, why), "stopped");
            EXPECT_EQ(co_await next_word(), "terminate " + to_string(why));
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(down.why, why);
        }
    });
}

TEST(stop, by_name_works_and_fails_with_noproc_for_an_unregistered_name) {
    run_everywhere([]() -> task<> {
        auto starting = start<scripted>(named("stoppable"), scripted::options{self()});
        const start_result<scripted> started = co_await starting;
        EXPECT_EQ(co_await end_of_stopper(server<scripted>{"stoppable"}), "stopped");
        EXPECT_FALSE(co_await is_alive(started.process()));
        EXPECT_EQ(co_await end_of_stopper(server<scripted>{"stoppable"}), reason::noproc);
        EXPECT_EQ(co_await end_of_stopper(pid{}), reason::noproc);
    });
}

TEST(stop, of_oneself_fails_with_calling_self_also_from_a_handler) {
    run_everywhere([]() -> task<> {
        EXPECT_EQ(co_await end_of_new([]() -> task<> { co_await stop(self()); }),
                  reason::calling_self);
        const server<scripted> s = co_await fresh();
        const ref watching = monitor(s.whereis());
        s.cast(scripted::tell_task{[](scripted&) -> task<> { co_await stop(self()); }});
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        EXPECT_EQ(down.why, reason::calling_self);
        EXPECT_EQ(co_await next_word(), "terminate calling_self");
    });
}

TEST(stop, with_a_negative_time_is_refused_and_the_server_lives) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        const exit_reason why = co_await end_of_stopper(s, reason::normal, -1ns);
        EXPECT_NE(why.as_error(), nullptr);
        EXPECT_EQ(why.as_error() == nullptr ? "" : why.as_error()->type, "coppice::badarg_error");
        EXPECT_EQ(co_await s.call(scripted::get{}), 0);
        co_await stop(s);
    });
}

scripted::options ending_after(std::chrono::nanoseconds time) {
    scripted::options how{self()};
    how.terminate = [time](scripted& s, const exit_reason& why) -> task<> {
        co_await sleep(time);
        s.say("terminated " + to_string(why));
    };
    return how;
}

TEST(stop, fails_with_timeout_after_its_limit_while_the_server_still_stops_later) {
    run_simulated([]() -> task<> {
        const server<scripted> quick = co_await fresh(ending_after(100ms));
        EXPECT_EQ(co_await end_of_stopper(quick, "bye", 100ms + 1ns), "stopped");
        EXPECT_EQ(co_await next_word(), "terminated bye");
        const server<scripted> slow = co_await fresh(ending_after(100ms));
        EXPECT_EQ(co_await end_of_stopper(slow, "bye", 100ms - 1ns), reason::timeout);
        EXPECT_EQ(co_await rest_of_mailbox(), "");
        EXPECT_EQ(co_await end_of(slow.whereis()), "bye");
        EXPECT_EQ(co_await next_word(), "terminated bye");
    });
}

TEST(stop, within_no_time_asks_and_fails_with_timeout) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh(ending_after(1ms));
        EXPECT_EQ(co_await end_of_stopper(s, "bye", 0ms), reason::timeout);
        EXPECT_EQ(co_await end_of(s.whereis()), "bye");
    });
}

TEST(stop, counts_the_running_handler_and_terminate_toward_one_limit) {
    run_simulated([]() -> task<> {
        const scripted::tell_task busy{[](scripted&) -> task<> { co_await sleep(60ms); }};
        const server<scripted> enough = co_await fresh(ending_after(60ms));
        enough.cast(busy);
        EXPECT_EQ(co_await end_of_stopper(enough, reason::normal, 121ms), "stopped");
        const server<scripted> late = co_await fresh(ending_after(60ms));
        late.cast(busy);
        EXPECT_EQ(co_await end_of_stopper(late, reason::normal, 119ms), reason::timeout);
    });
}

TEST(stop, that_timed_out_leaves_the_stopper_no_message) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh(ending_after(100ms));
        const pid me = self();
        const pid stopper = spawn([s, me]() -> task<> {
            try {
                co_await stop(s, reason::normal, 10ms);
            } catch (const detail::process_exit& left) {
                EXPECT_EQ(left.why, reason::timeout);
            }
            co_await sleep(1s);
            send(me, co_await rest_of_mailbox());
        });
        EXPECT_EQ(co_await receive<std::string>(), "");
        static_cast<void>(stopper);
    });
}

TEST(stop, that_timed_out_leaves_no_monitor_at_the_server) {
    run_simulated([]() -> task<> {
        const server<scripted> s = co_await fresh(ending_after(100ms));
        for (const auto time : {0ms, 10ms}) {  // the second request does not hasten the end
            EXPECT_EQ(co_await end_of_stopper(s, "bye", time), reason::timeout);
            EXPECT_TRUE((co_await process_info(s.whereis())).at(0).monitored_by.empty());
        }
        EXPECT_EQ(co_await end_of(s.whereis()), "bye");
    });
}

TEST(stop, comes_after_the_messages_that_were_sent_before) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        send(s.whereis(), scripted::note{"first"});
        s.cast(scripted::tell{[](scripted& t) { t.say("second"); }});
        co_await stop(s);
        const std::vector<std::string> expected{"first", "second", "terminate normal"};
        EXPECT_EQ(co_await words_so_far(), expected);
    });
}

TEST(stop, fails_with_the_reason_of_a_server_that_ends_otherwise) {
    run_everywhere([]() -> task<> {
        const server<scripted> crashes = co_await fresh();
        crashes.cast(scripted::tell{[](scripted&) { exit("before"); }});
        const exit_reason first = co_await end_of_stopper(crashes);
        EXPECT_TRUE(first == "before" || first == reason::noproc) << to_string(first);
        scripted::options how{self()};
        how.terminate = [](scripted&, const exit_reason&) -> task<> {
            throw std::runtime_error{"in terminate"};
            co_return;
        };
        const server<scripted> fails = co_await fresh(how);
        EXPECT_EQ(to_string(co_await end_of_stopper(fails)),
                  "{std::runtime_error,\"in terminate\"}");
        const server<scripted> stops = co_await fresh();
        stops.cast(scripted::tell{[](scripted&) { stop_with("own"); }});
        const exit_reason own = co_await end_of_stopper(stops);
        EXPECT_TRUE(own == "own" || own == reason::noproc) << to_string(own);
    });
}

TEST(stop, of_a_linked_child_with_an_abnormal_reason_ends_a_caller_that_does_not_trap) {
    run_everywhere([]() -> task<> {
        const pid me = self();
        for (const exit_reason& why : {reason::normal, reason::shutdown, exit_reason{"bye"}}) {
            const auto parent = [me, why]() -> task<> {
                const server<scripted> s = co_await test::fresh_child(scripted::options{me});
                co_await stop(s, why);
                exit("went on");
            };
            const exit_reason end = co_await end_of_new(parent);
            EXPECT_EQ(end, why == reason::normal ? exit_reason{"went on"} : why);
            EXPECT_EQ(co_await next_word(), "terminate " + to_string(why));
        }
    });
}

TEST(stop_with, ends_the_server_after_the_return_of_every_kind_of_handler) {
    run_everywhere([]() -> task<> {
        const auto ends = [](scripted& t) {
            stop_with("enough");
            t.say("still here");
        };
        const auto how_it_ended = [](server<scripted> s) -> task<> {
            const exit_reason why = co_await end_of(s.whereis());
            EXPECT_TRUE(why == "enough" || why == reason::noproc) << to_string(why);
            const std::vector<std::string> expected{"still here", "terminate enough"};
            EXPECT_EQ(co_await words_so_far(), expected);
        };
        const server<scripted> by_cast = co_await fresh();
        by_cast.cast(scripted::tell{ends});
        co_await how_it_ended(by_cast);
        const server<scripted> by_info = co_await fresh();
        send(by_info.whereis(), scripted::poke{ends});
        co_await how_it_ended(by_info);
        const server<scripted> by_continue = co_await fresh();
        by_continue.cast(
            scripted::tell{[ends](scripted& t) { continue_with(&t, scripted::go_on{ends}); }});
        co_await how_it_ended(by_continue);
        const server<scripted> by_call = co_await fresh();
        const scripted::ask asks{[ends](scripted& t) {
            ends(t);
            return 8;
        }};
        EXPECT_EQ(co_await by_call.call(asks), 8);
        co_await how_it_ended(by_call);
        const server<scripted> by_task = co_await fresh();
        by_task.cast(scripted::tell_task{[ends](scripted& t) -> task<> {
            co_await yield();
            ends(t);
        }});
        co_await how_it_ended(by_task);
    });
}

TEST(stop_with, lets_the_caller_wait_for_all_of_terminate_and_still_replies) {
    testing::sim_world world;
    world.run([&]() -> task<> {
        const server<scripted> s = co_await fresh(ending_after(100ms));
        const ref watching = monitor(s.whereis());
        const auto before = world.now();
        const scripted::ask asks{[](scripted&) {
            stop_with(reason::shutdown_with("slow"));
            return 9;
        }};
        EXPECT_EQ(co_await s.call(asks), 9);
        EXPECT_EQ(world.now() - before, 100ms);
        EXPECT_EQ(co_await next_word(), "terminated {shutdown,slow}");
        EXPECT_EQ((co_await receive<down_message>()).monitor, watching);
    });
}

TEST(stop_with, replies_before_the_down_message_even_when_terminate_throws) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            scripted::options how{self()};
            how.terminate = [](scripted&, const exit_reason&) -> task<> {
                throw std::runtime_error{"in terminate"};
                co_return;
            };
            const server<scripted> s = co_await fresh(how);
            const ref watching = monitor(s.whereis());
            const scripted::ask asks{[](scripted&) {
                stop_with(reason::normal);
                return 9;
            }};
            auto calling = s.try_call(asks);
            const auto got = co_await calling;
            EXPECT_EQ(got.value_or(0), 9);
            const down_message down = co_await receive<down_message>();
            EXPECT_EQ(down.monitor, watching);
            EXPECT_EQ(to_string(down.why), "{std::runtime_error,\"in terminate\"}");
        }
    });
}

TEST(stop_with, drops_waiting_messages_and_fails_waiting_calls) {
    run_everywhere([]() -> task<> {
        const server<scripted> s = co_await fresh();
        s.cast(scripted::tell{[](scripted&) { stop_with("enough"); }});
        send(s.whereis(), scripted::note{"too late"});
        const exit_reason why = (co_await failure_of(s, scripted::get{}))[0];
        EXPECT_TRUE(why == "enough" || why == reason::noproc) << to_string(why);
        EXPECT_EQ(co_await next_word(), "terminate enough");
        EXPECT_EQ(co_await rest_of_mailbox(), "");
    });
}

}  // namespace
}  // namespace coppice
